using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.Simulation;

/// <summary>
/// A coordinator and its workers inside one process: the same coordinator, state machine and workers as on a cluster, with
/// channels for streams. Nothing in it depends on the order in which threads happen to run.
/// </summary>
public sealed class SimulatedCluster : ICluster
{
    private readonly JobCoordinator _coordinator;
    private readonly WorkerHost[] _workers;

    /// <summary>A cluster of as many workers as the job asks for.</summary>
    /// <param name="id">This run.</param>
    /// <param name="job">The job, settled: every worker computes the same from it.</param>
    /// <param name="start">Where to go on from; null starts afresh.</param>
    /// <param name="newRole">Makes the role of one worker; called once per worker, on its own thread.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="options">Settings.</param>
    public SimulatedCluster(JobId id, TrainingJob job, ResumePoint? start, Func<IRole> newRole, IJobObserver observer, SimulationOptions options)
    {
        // Threads of one process are lost together, so that recovery points are only taken where somebody asks for them.
        var recovery = job.Recovery.Every > 0 ? Policy(job) with { Spares = 0 } : null;
        _coordinator = new JobCoordinator(
            Specification(id, job, start, options) with { Recovery = recovery }, new ContiguousPlacement(), observer, options.Coordinator, options.Time, options.Logging.CreateLogger<JobCoordinator>(),
            checkpoints: new CheckpointFolders());
        _workers = [.. Enumerable.Range(0, job.Parallel.Workers).Select(index =>
        {
            var link = new InProcessLink();
            _coordinator.Attach(link.Coordinator);
            return new WorkerHost(new WorkerId($"worker-{index}", $"{id}.{index}"), link.Worker, newRole, options.Worker, options.Time, options.Logging.CreateLogger<WorkerHost>());
        })];
    }

    /// <summary>What the coordinator needs to know of a job.</summary>
    public static PlanRequest Request(TrainingJob job) => new(
        job.Name, job.Parallel.Grid, job.Model.NRoutedExperts, [.. job.Model.MoeLayers], job.Training.GlobalBatch, job.Training.Accumulation, job.Training.Steps)
    {
        Precision = job.Training.Precision,
    };

    /// <summary>What the coordinator needs to know of a job's recovery.</summary>
    public static RecoveryPolicy Policy(TrainingJob job) => new()
    {
        Every = job.Recovery.Every, Share = job.Recovery.Share, Spares = job.Recovery.Spares, MinWorkers = job.Recovery.MinWorkers, ReplacementTimeout = TimeSpan.FromSeconds(job.Recovery.WaitSeconds),
    };

    internal static JobSpecification Specification(JobId id, TrainingJob job, ResumePoint? start, SimulationOptions options) =>
        new(id, Request(job), job.ToJson().ToJsonString(), start?.Checkpoint, start?.Step ?? 0, options.ProfileSteps, options.Exchange, Faults: options.Faults)
        {
            Run = start is null ? id.Value : start.Run ?? "",
        };

    /// <inheritdoc/>
    public void RequestStop(bool save, string reason) => _coordinator.RequestStop(save, reason);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync()
    {
        var workers = _workers.Select(worker => Task.Run(() => worker.RunAsync())).ToArray();
        var outcome = await _coordinator.RunAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(workers).ConfigureAwait(false);
        }
        catch (TimeoutException) when (outcome.State == JobState.Failed)
        {
            // The outcome names the rank that did not end.
        }

        return outcome;
    }
}

/// <summary>A committed checkpoint to go on from.</summary>
/// <param name="Checkpoint">Its folder.</param>
/// <param name="Step">Steps committed in it.</param>
/// <param name="Run">Identity of the run that saved it; null where its manifest has none.</param>
public sealed record ResumePoint(string Checkpoint, long Step, string? Run = null);
