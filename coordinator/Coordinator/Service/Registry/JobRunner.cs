using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Runs a job with its reserved workers, and writes the end of the run.</summary>
/// <param name="table">The jobs.</param>
/// <param name="states">Writes ends.</param>
/// <param name="retrying">Repeats writes that the disk refuses.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger.</param>
/// <param name="closing">Cancelled when the coordinator begins to close.</param>
/// <param name="abandon">Cancelled when the coordinator ends at once.</param>
internal sealed class JobRunner(JobTable table, JobStateWriter states, RetryingWriter retrying, TimeProvider time, ILogger logger,
    CancellationToken closing, CancellationToken abandon)
{
    /// <summary>
    /// Runs a job until its end is on disk, or the coordinator ends without writing it or leaves the job to the next one.
    /// </summary>
    /// <param name="entry">The job.</param>
    /// <param name="running">Its state machine.</param>
    /// <param name="request">Its request for workers, which ends with the run.</param>
    /// <param name="recorder">Receives the job's notices.</param>
    /// <returns>Whether the end of the run was left to this coordinator.</returns>
    public async Task<bool> RunAsync(JobEntry entry, IRunningJob running, WorkerRequest request, JobRecorder recorder)
    {
        JobOutcome? outcome = null;
        var writing = recorder.WriteAsync();
        try
        {
            request.Begin(running.Attach);
            if (entry.Job!.Recovery.Spares is > 0 and var spares) RequestSpares(entry, request, spares);
            outcome = await running.RunAsync(abandon).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            // The coordinator ends at once; the job resumes at the next start.
        }
        catch (Exception defect)
        {
            logger.LogDefect(entry.Current.Id, defect);
            outcome = JobEnding.Unexpected(entry.Current, defect);
        }

        request.Dispose(); // before the writes below, which may wait as long as the disk is full
        recorder.Complete();
        await writing.ConfigureAwait(false);
        if (outcome is null && entry.TryLeaveToNextCoordinator()) return false;
        if (outcome is { IsStateNotStored: true })
            await Task.Delay(RetryingWriter.Pause, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync(entry, outcome).ConfigureAwait(false);
        return true;
    }

    /// <summary>Writes the end of a run, and publishes it.</summary>
    /// <param name="entry">The job.</param>
    /// <param name="outcome">The outcome of the run; null if the run was abandoned.</param>
    public async Task EndAsync(JobEntry entry, JobOutcome? outcome)
    {
        await retrying.WriteAsync(() => entry.Writes.Run(() => End(entry, outcome)),
            reason => logger.LogNotStored(entry.Current.Id, reason)).ConfigureAwait(false);
        entry.Signal.Notify();
    }

    private bool End(JobEntry entry, JobOutcome? outcome)
    {
        if (outcome?.Ledger is { } ledger) states.SaveLedger(entry.Current, ledger);
        var ended = JobEnding.After(entry.Current, outcome, table.IsClosing, time.GetUtcNow());
        states.SaveEnd(ended, outcome?.Detail);
        entry.PublishEnd(ended);
        return true;
    }

    // A request to scale the job at the same time sets the target too: the newer number of workers wins.
    private static void RequestSpares(JobEntry entry, WorkerRequest request, int spares)
    {
        int workers;
        do
        {
            workers = entry.Current.Workers;
            request.SetTarget(workers + spares);
        }
        while (entry.Current.Workers != workers);
    }
}
