using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Starts jobs when the pool has their workers. It writes nothing to disk: what a start changes is written by the job's
/// <see cref="JobRecorder"/>.
/// </summary>
internal sealed class JobScheduler(JobTable table, WorkerPool pool, IJobFactory factory, JobRunner runner, RetryingWriter retrying,
    IStateStore store, MetricsHistory metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Starts jobs from now on; first those whose workers may still be running.</summary>
    public void Start()
    {
        foreach (var entry in table.ReserveForReclaimable(pool)) Begin(entry);
        pool.Changed += Schedule;
        Schedule();
    }

    /// <summary>Ignores changes of the pool from now on.</summary>
    public void Stop() => pool.Changed -= Schedule;

    /// <summary>Starts waiting jobs in order, up to the first whose workers are not available yet.</summary>
    public void Schedule()
    {
        foreach (var entry in table.ReserveForWaiting(pool)) Begin(entry);
    }

    private void Begin(JobEntry entry)
    {
        var (job, request) = (entry.Job!, entry.Status.Request!);
        var recorder = new JobRecorder(entry, store, metrics, retrying, time, logger);
        var current = entry.Change(each => each with { Started = each.Started ?? time.GetUtcNow(), Reason = "" });
        IRunningJob running;
        try
        {
            var start = current.Checkpoint is { } folder ? new ResumePoint(folder, current.CheckpointStep, current.Id) : null;
            running = factory.Create(new JobSpecification(new JobId(current.Id), job, start)
            {
                Record = JobRecord.Parse(store.Load(current.Id)), Committed = (current.StepEpoch, current.Step),
            }, recorder);
        }
        catch (Exception defect)
        {
            logger.LogDefect(current.Id, defect);
            entry.FailStart(() => runner.EndAsync(entry, JobEnding.Unexpected(current, defect)));
            request.Dispose(); // starts the next job; this one no longer waits
            return;
        }

        EntryPhase phase;
        do
        {
            current = entry.Current;
            RepeatRequests(current, job, running);
        }
        while ((phase = entry.TryRun(running, current, () => RunAsync(entry, running, request, recorder))) == EntryPhase.Starting);
        if (phase != EntryPhase.Running) request.Dispose();
    }

    private async Task RunAsync(JobEntry entry, IRunningJob running, WorkerRequest request, JobRecorder recorder)
    {
        if (await runner.RunAsync(entry, running, request, recorder).ConfigureAwait(false)) Schedule();
    }

    // User requests of an earlier run or coordinator, or from the time of the start, which the state machine has not received.
    private static void RepeatRequests(StoredJob stored, JobDescription job, IRunningJob running)
    {
        if (stored.Workers != job.Workers) running.RequestScale(stored.Workers);
        if (stored.IsPauseRequested) running.RequestPause();
        else running.RequestResume();
        if (stored.Stop is { } stop) running.RequestStop(stop.Save, stop.Reason);
    }
}
