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
/// A coordinator and its workers in one process: the coordinator, state machine and workers of a cluster, with channels for streams. The
/// result does not depend on the scheduling of threads.
/// </summary>
public sealed class SimulatedCluster : ICluster
{
    private readonly JobCoordinator _coordinator;
    private readonly WorkerHost[] _workers;

    /// <summary>Creates a cluster with the workers that the job requests.</summary>
    /// <param name="id">Identity of this run.</param>
    /// <param name="job">The job, with all settings resolved: every worker computes the same from it.</param>
    /// <param name="start">The checkpoint to resume from; null starts from the beginning.</param>
    /// <param name="newRole">Creates the role of one worker; called for each plan, on the thread that runs the role.</param>
    /// <param name="observer">Receives the job's notices.</param>
    /// <param name="options">Settings.</param>
    public SimulatedCluster(JobId id, TrainingJob job, ResumePoint? start, Func<IRole> newRole, IJobObserver observer,
        SimulationOptions options)
    {
        // Threads of one process are lost together: recovery points are taken only if the job sets their interval.
        var recovery = job.Recovery.Every > 0 ? Policy(job) with { Spares = 0 } : null;
        _coordinator = new JobCoordinator(
            Specification(id, job, start, options) with { Recovery = recovery }, new ContiguousPlacement(), observer, options.Coordinator,
            options.Time, options.Logging.CreateLogger<JobCoordinator>(),
            checkpoints: new CheckpointFolders());
        _workers = [.. Enumerable.Range(0, job.Parallel.Workers).Select(index =>
        {
            var link = new InProcessLink();
            _coordinator.Attach(link.Coordinator);
            return new WorkerHost(new WorkerId($"worker-{index}", $"{id}.{index}"), link.Worker, newRole, options.Worker, options.Time,
                options.Logging.CreateLogger<WorkerHost>());
        })];
    }

    /// <summary>The part of a job that the coordinator plans with.</summary>
    public static PlanRequest Request(TrainingJob job) => new(
        job.Name, job.Parallel.Grid, job.Model.NRoutedExperts, [.. job.Model.MoeLayers], job.Training.GlobalBatch,
        job.Training.Accumulation, job.Training.Steps)
    {
        Precision = job.Training.Precision,
    };

    /// <summary>The recovery settings of a job, for the coordinator.</summary>
    public static RecoveryPolicy Policy(TrainingJob job) => new()
    {
        Every = job.Recovery.Every, Share = job.Recovery.Share, Spares = job.Recovery.Spares, MinWorkers = job.Recovery.MinWorkers,
        ReplacementTimeout = TimeSpan.FromSeconds(job.Recovery.WaitSeconds),
    };

    internal static JobSpecification Specification(JobId id, TrainingJob job, ResumePoint? start, SimulationOptions options) =>
        new(id, Request(job), job.ToJson().ToJsonString(), start?.Checkpoint, start?.Step ?? 0, options.ProfileSteps, options.Exchange,
            Faults: options.Faults)
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

/// <summary>A committed checkpoint to resume from.</summary>
/// <param name="Checkpoint">Folder of the checkpoint.</param>
/// <param name="Step">Committed steps that it contains.</param>
/// <param name="Run">Identity of the run that saved it; null if its manifest has none.</param>
public sealed record ResumePoint(string Checkpoint, long Step, string? Run = null);
