using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Running;

/// <summary>Jobs run by <see cref="JobCoordinator"/>.</summary>
/// <param name="options">Its bounds.</param>
/// <param name="exchange">How workers exchange.</param>
/// <param name="time">The clock.</param>
/// <param name="logging">Where to.</param>
public sealed class CoordinatedJobs(CoordinatorOptions options, ExchangeWay exchange, TimeProvider time, ILoggerFactory logging) : IJobFactory
{
    /// <inheritdoc/>
    public IRunningJob Create(JobLaunch launch) => new CoordinatedJob(new JobCoordinator(
        new JobSpecification(launch.Id, launch.Job.Plan, launch.Job.JobJson, launch.Checkpoint, launch.FirstStep, Exchange: exchange),
        new ContiguousPlacement(), launch.Observer, options, time, logging.CreateLogger<JobCoordinator>()));

    private sealed class CoordinatedJob(JobCoordinator coordinator) : IRunningJob
    {
        public void Attach(IWorkerLink worker) => coordinator.Attach(worker);

        public Task<JobOutcome> RunAsync(CancellationToken abandon) => coordinator.RunAsync(abandon);

        public void RequestStop(bool save, string reason) => coordinator.RequestStop(save, reason);

        public void RequestScale(int workers) => throw new NotSupportedException("This release cannot change the number of workers of a running job: stop it, and submit it again with parallel.workers set.");

        public void RequestPause() => throw new NotSupportedException("This release cannot pause a running job: stop it, and submit it again to go on later.");

        public void RequestResume() => throw new NotSupportedException("This release cannot resume a paused job: it pauses none.");
    }
}
