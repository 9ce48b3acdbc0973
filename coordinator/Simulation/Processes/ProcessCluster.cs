using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Planning.Placement;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Microsoft.Extensions.Logging;

namespace Distributed.Simulation.Processes;

/// <summary>
/// A coordinator in this process and workers that are processes of their own on this machine, over a socket and memory that only this
/// user's processes reach. All of them end with the run, with this process, and with its being killed.
/// </summary>
/// <param name="id">This run.</param>
/// <param name="job">The job, settled.</param>
/// <param name="start">Where to go on from; null starts afresh.</param>
/// <param name="processes">How workers are started.</param>
/// <param name="observer">Hears what happens.</param>
/// <param name="options">Settings.</param>
public sealed class ProcessCluster(JobId id, TrainingJob job, ResumePoint? start, WorkerProcessOptions processes, IJobObserver observer, SimulationOptions options) : ICluster
{
    private const int BeatsInLease = 5;

    private readonly JobCoordinator _coordinator = new(
        SimulatedCluster.Specification(id, job, start, options), new ContiguousPlacement(), observer, options.Coordinator, options.Time, options.Logging.CreateLogger<JobCoordinator>());

    /// <inheritdoc/>
    public void RequestStop(bool save, string reason) => _coordinator.RequestStop(save, reason);

    /// <inheritdoc/>
    public async Task<JobOutcome> RunAsync()
    {
        using var folder = new RunFolder();
        var control = new ControlOptions { SocketPath = Path.Combine(folder.Path, "control") };
        var server = await ControlServer.StartAsync(control, _coordinator.Attach, options.Time, options.Logging).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            WorkerLaunch[] launches = [.. Enumerable.Range(0, job.Parallel.Workers).Select(index => new WorkerLaunch($"worker-{index}", $"unix:{control.SocketPath}", folder.Path, control.Lease / BeatsInLease))];
            using var workers = new WorkerProcesses(launches, processes, _coordinator.ReportExit);
            await workers.Started.ConfigureAwait(false);
            var outcome = await _coordinator.RunAsync().ConfigureAwait(false);
            await workers.EndAsync().ConfigureAwait(false);
            return outcome;
        }
    }
}
