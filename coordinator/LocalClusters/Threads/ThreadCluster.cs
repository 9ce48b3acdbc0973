using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.LocalClusters.Threads;

/// <summary>
/// A coordinator and its workers as threads of this process, with channels for streams. The result does not depend on the scheduling of
/// threads.
/// </summary>
public sealed class ThreadCluster : ICluster
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
    public ThreadCluster(JobId id, TrainingJob job, ResumePoint? start, Func<IRole> newRole, IJobObserver observer,
        LocalClusterOptions options)
    {
        var specification = LocalCoordinator.Specify(id, job, start, options);
        // Threads of one process are lost together: recovery points are taken only if the job sets their interval.
        var recovery = job.Recovery.Every > 0 ? specification.Job.Recovery with { Spares = 0 } : null;
        _coordinator = LocalCoordinator.Create(specification with { Recovery = recovery }, observer, options);
        _workers = [.. Enumerable.Range(0, job.Parallel.Workers).Select(index =>
        {
            var link = new InProcessLink();
            _coordinator.Attach(link.Coordinator);
            return new WorkerHost(new WorkerId($"worker-{index}", $"{id}.{index}"), link.Worker, newRole, options.Worker, options.Time,
                options.Logging.CreateLogger<WorkerHost>());
        })];
    }

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
