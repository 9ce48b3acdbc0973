using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Storage;
using Distributed.Planning.Placement;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>Creates jobs that a <see cref="JobCoordinator"/> runs.</summary>
/// <param name="options">Settings of every state machine.</param>
/// <param name="exchange">Transport of the exchange between workers.</param>
/// <param name="store">Stores the records of the state machines.</param>
/// <param name="checkpoints">Finds checkpoint folders.</param>
/// <param name="time">The clock.</param>
/// <param name="logging">Creates the loggers.</param>
public sealed class CoordinatedJobs(CoordinatorOptions options, TransportKind exchange, IJobStore store, ICheckpointFolders checkpoints,
    TimeProvider time, ILoggerFactory logging) : IJobFactory
{
    /// <inheritdoc/>
    public IRunningJob Create(JobSpecification job, IJobObserver observer)
    {
        // The pool offers spares when it has them; the job does not wait for any.
        var requested = job.Job.Recovery;
        var served = job with { Exchange = exchange, Recovery = requested with { Spares = 0 }, MaxSpares = requested.Spares };
        return new CoordinatedJob(new JobCoordinator(served, new ContiguousPlacement(), observer, options, time,
            logging.CreateLogger<JobCoordinator>(), new Records(job.Id, store), checkpoints));
    }

    private sealed class Records(JobId job, IJobStore store) : IJobRecords
    {
        // The state machine waits on a task, so that the thread pool replaces its thread while the disk is slow.
        public void Store(JobRecord record) =>
            WriteThreads.RunAsync(() => store.Save(job.Value, record.ToJson())).GetAwaiter().GetResult();
    }

    private sealed class CoordinatedJob(JobCoordinator coordinator) : IRunningJob
    {
        public void Attach(IWorkerLink worker) => coordinator.Attach(worker);

        public Task<JobOutcome> RunAsync(CancellationToken abandon) => coordinator.RunAsync(abandon);

        public GoodputReport Ledger => coordinator.Ledger;

        public void RequestStop(bool save, string reason) => coordinator.RequestStop(save, reason);

        public Task<string?> RequestSave() => coordinator.RequestSave();

        public void RequestScale(int workers) => coordinator.RequestScale(workers);

        public void RequestPause() => coordinator.RequestPause();

        public void RequestResume() => coordinator.RequestResume();
    }
}
