using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Commands;
using Distributed.Cli.Faults;
using Distributed.Cli.Models;
using Distributed.Cli.Resources;
using Distributed.Coordinator.Jobs;
using Distributed.Data.Preparation;
using Distributed.Models.DeepSeekV3;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Simulation;
using Distributed.Simulation.Processes;
using Distributed.Training.Batches;
using Distributed.Training.Jobs;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;

namespace Distributed.Cli.Training;

/// <summary>
/// One run of <c>train</c>: (1) text, (2) the job settled by its tokenizer and this processor, (3) coordinator and workers,
/// (4) what they report, until all have ended, (5) the summary. A request to stop (<see cref="CommandOutput.Stop"/>) is looked at from the beginning on.
/// </summary>
/// <param name="shell">Where to.</param>
/// <param name="json">Whether in JSON.</param>
/// <param name="profileSteps">Steps to profile; 0 for none.</param>
/// <param name="isolation">Where the workers are.</param>
/// <param name="transport">How workers exchange that are processes.</param>
/// <param name="nccl">Where these find NCCL.</param>
/// <param name="faults">What is made to go wrong on purpose; null for nothing.</param>
/// <param name="witness">Hears what happens, on the coordinator's own thread; null for nobody.</param>
internal sealed class TrainingRun(CommandOutput shell, bool json, int profileSteps, Isolation isolation, ExchangeWay transport, NcclFiles nccl, FaultPlan? faults = null, IJobObserver? witness = null)
{
    /// <summary>How it ended; null before.</summary>
    public JobOutcome? Outcome { get; private set; }

    public async Task<int> RunAsync(JobSource source)
    {
        FaultLimits.Require(faults, source.Job, isolation);
        if (isolation == Isolation.InProcess && transport != ExchangeWay.Auto)
            throw new UserErrorException("--transport says how processes exchange; add --isolation process, or leave it out.");
        if (isolation == Isolation.Process && Link(source.Job.Parallel) is not null)
            throw new UserErrorException("parallel.link_latency_us and parallel.link_gb_s are a network between workers of one process; leave them out, or use --isolation in-process.");
        if (source.Start is { } start && start.Step >= source.Job.Training.Steps)
            return new RunSummary(shell, json).WriteNothingLeft(source.Job, start);
        var workers = source.Job.Parallel.Workers;
        OpenFiles.Require(
            $"Training with {Amount.Of(workers, "worker")}",
            isolation == Isolation.Process ? OpenFiles.ForProcesses(workers + source.Job.Recovery.Spares) : OpenFiles.ForThreads(workers));
        if (isolation == Isolation.Process && ProcessCluster.Problem() is { } unfit) throw new UserErrorException(unfit);
        NativeTorch.Require();
        using var data = DataStage.Prepare(source.Job, shell, json, shell.Stop.Token); // (1)
        var job = source.Job.WithVocabulary(data.Tokenizer.VocabularySize); // (2)
        var view = View();
        if (SequenceRequirement.Problem(data, job.Data) is { } tooShort) throw new UserErrorException(tooShort);
        RequirePromptFits(job, data);
        foreach (var problem in source.Passed) view.Say($"warning: a newer checkpoint is damaged, so that the run goes on after step {source.Start!.Step}: {problem}");
        CompareWithCheckpoint(source.Start, job, data, view);
        using (new DirectoryStore(job.Checkpoint.Directory).Claim()) TokenizerFolder.Save(data.Tokenizer, job.Checkpoint.Directory); // never over another run's

        if (faults is not null && source.Start is null) FaultJournal.OfRun(job.Checkpoint.Directory).Clear(); // an earlier run's

        var (notices, figures) = (new NoticeStream(witness), new RunFigures(job.Training.Steps));
        var id = new JobId($"{job.Name}-{TimeProvider.System.GetUtcNow():yyyyMMddTHHmmssfff}");
        var cluster = Cluster(id, job, source.Start, data, notices, view.Say); // (3)
        using var stopping = shell.Stop.Token.Register(() => Stop(cluster, view));
        var showing = view.ShowAsync(notices, figures);
        JobOutcome outcome;
        try
        {
            outcome = await cluster.RunAsync(); // (4)
        }
        finally
        {
            notices.Complete();
            await showing;
        }

        Outcome = outcome;
        if (profileSteps > 0 && figures.Profile is null) shell.Error.WriteLine("no profile: the run ended before the steps to be profiled were done");
        return new RunSummary(shell, json).Write(job, data, figures, outcome); // (5)
    }

    private void Stop(ICluster cluster, ITrainView view)
    {
        cluster.RequestStop(save: true, shell.Stop.Reason);
        try
        {
            view.Say($"{shell.Stop.Reason}: finishing the step and saving; interrupt again to end at once");
        }
        catch (IOException)
        {
            // The terminal may have gone: that is what SIGHUP reports.
        }
    }

    private ICluster Cluster(JobId id, TrainingJob job, ResumePoint? start, PreparedData data, NoticeStream notices, Action<string> warn)
    {
        var options = new SimulationOptions { ProfileSteps = profileSteps, Exchange = transport, Faults = faults };
        if (isolation == Isolation.Process) return new ProcessCluster(id, job, start, WorkerPrograms.Options(job, nccl, warn), notices, options);
        var groups = new InProcessGroups(new ExchangeOptions(), Link(job.Parallel));
        return new SimulatedCluster(id, job, start, () => new TrainerRole(groups.Join, (_, _, _) => data, TimeProvider.System), notices, options);
    }

    private static SimulatedLink? Link(ParallelSection parallel) => parallel is { LinkLatencyUs: null, LinkGbS: null } ? null : new SimulatedLink
    {
        Latency = TimeSpan.FromMicroseconds(parallel.LinkLatencyUs ?? 0),
        BytesPerSecond = (parallel.LinkGbS ?? double.PositiveInfinity) * 1e9,
    };

    private ITrainView View() => json ? new JsonView(shell) : shell.IsTerminal ? new LiveView(shell) : new PlainView(shell);

    // Found after the last step, it would cost the summary of the whole run.
    private static void RequirePromptFits(TrainingJob job, PreparedData data)
    {
        var prompt = data.Tokenizer.Encode(job.Sample.Prompt).Count;
        if (job.Sample.Tokens > 0 && prompt >= job.Model.MaxPositionEmbeddings)
            throw new UserErrorException($"sample.prompt has {Amount.Of(prompt, "token")}; allowed: fewer than model.max_position_embeddings = {job.Model.MaxPositionEmbeddings}. Shorten it, or set sample.tokens=0 for no sample.");
    }

    // A checkpoint of another network is refused before anything starts; other text is the user's choice.
    private static void CompareWithCheckpoint(ResumePoint? start, TrainingJob job, PreparedData data, ITrainView view)
    {
        if (start is null) return;
        using var checkpoint = Checkpoint.Open(start.Checkpoint);
        checkpoint.RequireMatches(
            [.. DeepSeekV3Model.TensorsOf(job.Model).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape))], ModelKeys.Write(job.Model));
        var optimizer = JobSource.JobOf(checkpoint).Training.Optimizer;
        if (optimizer != job.Training.Optimizer)
            throw new UserErrorException($"{checkpoint.Folder} holds the state of another optimizer than this job's: go on with training.optimizer={optimizer.ToString().ToLowerInvariant()}, or start afresh in another folder.");
        if (checkpoint.State.Content.TryGetValue("data", out var content) && content != data.ContentId)
            view.Say("warning: the text is not the one that the checkpoint was trained on; the run goes on with the new text.");
    }
}
