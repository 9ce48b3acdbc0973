using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.LocalClusters.Faults;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;

namespace Distributed.LocalClusters.Processes;

/// <summary>
/// A coordinator in this process and worker processes on this machine, connected by a Unix socket and shared memory that only this user's
/// processes can open. The workers end with the run and with this process, also if this process is killed. A worker that exits during the
/// run is restarted, unless the job disables restarts.
/// </summary>
public sealed class ProcessCluster : ICluster, IJobObserver
{
    private const int BeatsInLease = 5;

    private readonly TrainingJob _job;
    private readonly WorkerProcessOptions _processes;
    private readonly CoordinatorFaults _faults;
    private readonly LocalClusterOptions _options;
    private readonly JobCoordinator _coordinator;
    private readonly List<IWorkerLink> _links = []; // guarded by itself
    private bool _isOver; // guarded by the links
    private WorkerProcesses? _workers;

    /// <summary>Creates a cluster with the workers and spares that the job requests.</summary>
    /// <param name="id">Identity of this run.</param>
    /// <param name="job">The job, with all settings resolved.</param>
    /// <param name="start">The checkpoint to resume from; null starts from the beginning.</param>
    /// <param name="processes">How workers are started.</param>
    /// <param name="observer">Receives the job's notices.</param>
    /// <param name="options">Settings.</param>
    public ProcessCluster(JobId id, TrainingJob job, ResumePoint? start, WorkerProcessOptions processes, IJobObserver observer,
        LocalClusterOptions options)
    {
        (_job, _processes, _options) = (job, processes, options);
        _faults = new CoordinatorFaults(options.Faults, FaultJournal.OfRun(job.Checkpoint.Directory),
            fault => _coordinator!.RequestFault(fault), observer, options.Time);
        _coordinator = LocalCoordinator.Create(
            LocalCoordinator.Specify(id, job, start, options) with { StopsWhenWorkerLeaves = true }, this, options);
    }

    /// <summary>
    /// Returns why no cluster can run here, such as a temporary folder whose path is too long for a socket; null if one can.
    /// </summary>
    public static string? Problem() => RunFolder.Problem();

    /// <inheritdoc/>
    public void RequestStop(bool save, string reason) => _coordinator.RequestStop(save, reason);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync()
    {
        using var folder = new RunFolder();
        var control = new ControlOptions { SocketPath = folder.ControlSocket };
        var server = await ControlServer.StartAsync(control, Attach, _options.Time, _options.Logging).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            WorkerLaunch[] launches = [.. Enumerable.Range(0, _job.Parallel.Workers + _job.Recovery.Spares)
                .Select(
                    index => new WorkerLaunch($"worker-{index}", $"unix:{control.SocketPath}", folder.Path, control.Lease / BeatsInLease))];
            TimeSpan? restartDelay = !_job.Recovery.Restart ? null : _job.Recovery.Spares > 0 ? _processes.RestartDelay : TimeSpan.Zero;
            using var workers = new WorkerProcesses(launches, _processes, restartDelay,
                exit => _coordinator.ReportExit(exit.Worker, exit.How, exit.Process, exit.IsRestarted));
            _workers = workers;
            await workers.Started.ConfigureAwait(false);
            using var faults = _faults.Begin(workers.ProcessOf);
            var outcome = await _coordinator.RunAsync().ConfigureAwait(false);
            DismissLate();
            await workers.EndAsync().ConfigureAwait(false);
            return outcome;
        }
    }

    private void Attach(IWorkerLink link)
    {
        lock (_links)
        {
            _links.Add(link);
            if (!_isOver) _coordinator.Attach(link);
            else _ = link.DisposeAsync().AsTask();
        }
    }

    // Dismisses workers that were still starting when the job ended.
    private void DismissLate()
    {
        lock (_links)
        {
            _isOver = true;
            foreach (var link in _links) _ = link.DisposeAsync().AsTask();
        }
    }

    /// <inheritdoc/>
    void IJobObserver.On(JobNotice notice)
    {
        // Killing the process releases what it still holds, such as the lock on the checkpoint folder.
        if (notice is WorkerLeft { Process: > 0 } left) _workers?.Kill(left.Worker, left.Process);
        ((IJobObserver)_faults).On(notice);
    }
}
