using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Cli.Commands;
using Distributed.Cli.Faults;
using Distributed.Cli.Models;
using Distributed.Cli.Resources;
using Distributed.Coordinator.Jobs;
using Distributed.Data.Preparation;
using Distributed.LocalClusters;
using Distributed.LocalClusters.Processes;
using Distributed.LocalClusters.Threads;
using Distributed.Models;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Batches;
using Distributed.Training.Jobs;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;

namespace Distributed.Cli.Training;

/// <summary>
/// One run of <c>train</c>: (1) prepares the text, (2) completes the job with the vocabulary of the tokenizer, (3) creates the coordinator
/// and the workers, (4) runs them and shows their reports until all have ended, (5) writes the summary. A request to stop
/// (<see cref="CommandOutput.Stop"/>) is honoured in every phase.
/// </summary>
/// <param name="streams">Receives the output.</param>
/// <param name="json">Whether the output is JSON.</param>
/// <param name="profileSteps">Number of steps to profile; 0 for none.</param>
/// <param name="isolation">Whether workers are threads or processes.</param>
/// <param name="transport">The transport between worker processes.</param>
/// <param name="nccl">The NCCL libraries of worker processes.</param>
/// <param name="faults">The faults to inject; null for none.</param>
/// <param name="observer">Receives all notices, on the coordinator's thread; null for none.</param>
internal sealed class TrainingRun(CommandOutput streams, bool json, int profileSteps, Isolation isolation, TransportKind transport,
    NcclFiles nccl, FaultPlan? faults = null, IJobObserver? observer = null)
{
    /// <summary>The outcome of the run; null before its end.</summary>
    public JobOutcome? Outcome { get; private set; }

    public async Task<int> RunAsync(JobSource source)
    {
        FaultLimits.Require(faults, source.Job, isolation);
        if (isolation == Isolation.InProcess && transport != TransportKind.Auto)
            throw new UserErrorException("--transport is for workers that are processes. Add --isolation process, or omit --transport.");
        if (isolation == Isolation.Process && Link(source.Job.Parallel) is not null)
        {
            throw new UserErrorException("parallel.link_latency_us and parallel.link_gb_s simulate a network between worker threads. "
                + "Omit them, or use --isolation in-process.");
        }

        if (source.Start is { } start && start.Step >= source.Job.Training.Steps)
            return new RunSummary(streams, json).WriteNothingLeft(source.Job, start);
        var workers = source.Job.Parallel.Workers;
        OpenFiles.Require(
            $"Training with {Amount.Of(workers, "worker")}",
            isolation == Isolation.Process ? OpenFiles.ForProcesses(workers + source.Job.Recovery.Spares) : OpenFiles.ForThreads(workers));
        if (isolation == Isolation.Process && ProcessCluster.Problem() is { } unfit) throw new UserErrorException(unfit);
        NativeTorch.Require();
        source = source with { Job = JobCheckpoints.Pin(source.Job, isResumed: source.Start is not null) };
        using var data = DataStage.Prepare(source.Job, streams, json, streams.Stop.Token); // (1)
        var job = source.Job.WithVocabulary(data.Tokenizer.VocabularySize); // (2)
        var view = View();
        if (SequenceRequirement.Problem(data, job.Data) is { } tooShort) throw new UserErrorException(tooShort);
        RequirePromptFits(job, data);
        JobCheckpoints.RequireUsable(job, data.Tokenizer, isResumed: source.Start is not null);
        foreach (var problem in source.Skipped)
            view.ShowMessage($"warning: a newer checkpoint is damaged; resuming from step {source.Start!.Step}: {problem}");
        CompareWithCheckpoint(source.Start, job, data, view);
        using (new DirectoryStore(job.Checkpoint.Directory).Claim()) // fails if another run uses the folder
            TokenizerFolder.Save(data.Tokenizer, job.Checkpoint.Directory);

        if (faults is not null && source.Start is null) FaultJournal.OfRun(job.Checkpoint.Directory).Clear(); // of an earlier run

        var (notices, figures) = (new NoticeStream(observer), new RunFigures(job.Training.Steps));
        var id = new JobId($"{job.Name}-{TimeProvider.System.GetUtcNow():yyyyMMddTHHmmssfff}");
        var cluster = Cluster(id, job, source.Start, data, notices, view.ShowMessage); // (3)
        using var stopping = streams.Stop.Token.Register(() => Stop(cluster, view));
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
        if (profileSteps > 0 && figures.Profile is null)
            streams.Error.WriteLine("no profile: the run ended before all steps to profile were done");
        return new RunSummary(streams, json).Write(job, data, figures, outcome); // (5)
    }

    private void Stop(ICluster cluster, ITrainView view)
    {
        cluster.RequestStop(save: true, streams.Stop.Reason);
        try
        {
            view.ShowMessage($"{streams.Stop.Reason}: finishing the step and saving; interrupt again to exit immediately");
        }
        catch (IOException)
        {
            // After SIGHUP, the terminal may be closed.
        }
    }

    private ICluster Cluster(JobId id, TrainingJob job, ResumePoint? start, PreparedData data, NoticeStream notices, Action<string> warn)
    {
        var options = new LocalClusterOptions
        {
            Checkpoints = new CheckpointFolders(), ProfileSteps = profileSteps, Exchange = transport, Faults = faults,
        };
        if (isolation == Isolation.Process)
            return new ProcessCluster(id, job, start, WorkerPrograms.Options(job, nccl, warn), notices, options);
        var groups = new InProcessGroups(new ExchangeOptions(), Link(job.Parallel));
        return new ThreadCluster(id, job, start, () => new TrainerRole(groups.Join, (_, _, _) => data, TimeProvider.System),
            notices, options);
    }

    private static SimulatedLink? Link(ParallelSection parallel) => parallel is { LinkLatencyUs: null, LinkGbS: null }
        ? null : new SimulatedLink
    {
        Latency = TimeSpan.FromMicroseconds(parallel.LinkLatencyUs ?? 0),
        BytesPerSecond = (parallel.LinkGbS ?? double.PositiveInfinity) * 1e9,
    };

    private ITrainView View() => json ? new JsonView(streams) : streams.IsTerminal ? new LiveView(streams) : new PlainView(streams);

    // Checked before the first step: the sample is generated after the last one, and a failure there would lose the summary.
    private static void RequirePromptFits(TrainingJob job, PreparedData data)
    {
        if (job.Sample.Tokens == 0) return;
        var prompt = GenerationPrompt.Encode(data.Tokenizer, job.Sample.Prompt, job.Sample.Chat, "sample.chat").Count;
        if (prompt >= job.Model.MaxPositionEmbeddings)
        {
            throw new UserErrorException(
                $"sample.prompt has {Amount.Of(prompt, "token")}; allowed: fewer than model.max_position_embeddings = "
                + $"{job.Model.MaxPositionEmbeddings}. Shorten the prompt, or set sample.tokens=0 for no sample.");
        }
    }

    // Refuses a checkpoint of another network or optimizer before anything starts. Other text is allowed, with a warning.
    private static void CompareWithCheckpoint(ResumePoint? start, TrainingJob job, PreparedData data, ITrainView view)
    {
        if (start is null) return;
        using var checkpoint = Checkpoint.Open(start.Checkpoint);
        checkpoint.RequireMatches(
            [.. Decoder.TensorsOf(job.Model).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape))],
            job.Model.ToJson());
        var saved = JobSource.JobOf(checkpoint);
        if (saved.Objective != job.Objective)
            view.ShowMessage("warning: the section objective differs from the checkpoint's; the run continues with the new one.");
        var optimizer = saved.Training.Optimizer;
        if (optimizer != job.Training.Optimizer)
        {
            throw new UserErrorException($"{checkpoint.Folder}: the checkpoint holds the state of another optimizer than the job's. "
                + $"Resume with training.optimizer={optimizer.ToString().ToLowerInvariant()}, or start a new run in another folder.");
        }

        if (checkpoint.State.Content.TryGetValue("data", out var content) && content != data.ContentId)
            view.ShowMessage(
                "warning: the text differs from the text that the checkpoint was trained on; the run continues with the new text.");
    }
}
