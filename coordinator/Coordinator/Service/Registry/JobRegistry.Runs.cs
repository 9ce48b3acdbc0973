using System.Diagnostics;
using System.Text.Json;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Protocol;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

// Start, run and end of jobs.
public sealed partial class JobRegistry
{
    // Starts waiting jobs in order, up to the first whose workers are not available yet.
    private void Schedule()
    {
        lock (_gate)
        {
            if (_closing) return;
            foreach (var entry in _entries.Where(IsWaiting_NeedsLock).ToArray())
            {
                if (_pool.TryReserve(new JobId(entry.Kept.Id), entry.Kept.Workers, MinWorkers(entry)) is not { } request) return;
                Begin_NeedsLock(entry, entry.Job!, request);
            }
        }
    }

    // A job that has run before resumes with fewer workers than its target; its state machine waits a while for the others.
    private static int MinWorkers(JobEntry entry)
    {
        var all = entry.Kept.Workers;
        if (entry is not { Job: { } job, Kept.StepEpoch: > 0 }) return all;
        return Enumerable.Range(1, all).FirstOrDefault(workers => Grids.Fitting(workers, job.Plan)?.World >= job.Recovery.MinWorkers, all);
    }

    private void Begin_NeedsLock(JobEntry entry, AcceptedJob job, WorkerRequest request)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var recorder = new JobRecorder(entry, _store, _metrics, _writer, _time, _logger);
        var kept = entry.Change(each => each with { Started = each.Started ?? _time.GetUtcNow(), Reason = "" });
        try
        {
            entry.Running = _factory.Create(new JobLaunch(new JobId(kept.Id), job, kept.Checkpoint, kept.CheckpointStep,
                _store.Load(kept.Id), recorder) { Committed = (kept.StepEpoch, kept.Step) });
        }
        catch (Exception defect)
        {
            LogDefect(_logger, kept.Id, defect);
            entry.Change(job => Ended_NeedsLock(job, Unexpected(entry, defect)));
            entry.Run = _writer.WriteAsync(() => End(entry, Unexpected(entry, defect)), reason => LogNotKept(_logger, kept.Id, reason));
            request.Dispose(); // starts the next job; this one no longer waits
            return;
        }

        RepeatRequests(kept, job, entry.Running);
        entry.Request = request;
        entry.MayBeAtWork = false;
        entry.Run = Task.Run(() => RunAsync(entry, entry.Running, request, recorder));
    }

    // User requests of an earlier run or coordinator, which may not have reached the state machine.
    private static void RepeatRequests(StoredJob kept, AcceptedJob job, IRunningJob running)
    {
        if (kept.Workers != job.Workers) running.RequestScale(kept.Workers);
        if (kept.PauseAsked) running.RequestPause();
        else running.RequestResume();
        if (kept.Stop is { } stop) running.RequestStop(stop.Save, stop.Reason);
    }

    private async Task RunAsync(JobEntry entry, IRunningJob running, WorkerRequest request, JobRecorder recorder)
    {
        JobOutcome? outcome = null;
        var writing = recorder.WriteAsync();
        try
        {
            request.Begin(running.Attach);
            if (entry.Job!.Recovery.Spares is > 0 and var spares) request.SetTarget(request.Target + spares);
            outcome = await running.RunAsync(_abandon.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
            // The coordinator ends at once; the job resumes at the next start.
        }
        catch (Exception defect)
        {
            LogDefect(_logger, entry.Kept.Id, defect);
            outcome = Unexpected(entry, defect);
        }

        request.Dispose(); // before the writes below, which may wait as long as the disk is full
        recorder.Complete();
        await writing.ConfigureAwait(false);
        if (outcome is null && LeavesToTheNext(entry)) return;
        if (outcome is { StateNotStored: true })
            await Task.Delay(RetryingWriter.Pause, _time, _close.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _writer.WriteAsync(() => End(entry, outcome), reason => LogNotKept(_logger, entry.Kept.Id, reason)).ConfigureAwait(false);
        entry.Signal.Notify();
        Schedule();
    }

    // As after a kill, the next coordinator finds the job running.
    private bool LeavesToTheNext(JobEntry entry)
    {
        lock (_gate)
        {
            if (_handingOver) (entry.Running, entry.Request) = (null, null);
            return _handingOver;
        }
    }

    private static JobOutcome Unexpected(JobEntry entry, Exception defect)
    {
        var message = $"unexpected {defect.GetType().Name}: {defect.Message}";
        var failure = new Failure(FailureCause.Defect) { Message = message, Detail = defect.ToString() };
        return new JobOutcome(JobState.Failed, failure.Reason, failure, entry.Kept.Step);
    }

    // The job changes in memory only if the write succeeds.
    private void End(JobEntry entry, JobOutcome? outcome)
    {
        lock (_gate)
        {
            if (outcome?.Ledger is { } ledger) KeepLedger(entry, ledger);
            var ended = Ended_NeedsLock(entry.Kept, outcome);
            Keep(entry, ended, outcome is { Detail: { Length: > 0 } detail } ? ("detail", detail) : null);
            (entry.Running, entry.Request) = (null, null);
        }
    }

    private StoredJob Ended_NeedsLock(StoredJob job, JobOutcome? outcome)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        // A failure while the coordinator ends may be caused by workers that end too. A failure for another reason will occur again.
        var mayResume = outcome is null or { IsShortOfWorkers: true } or { StateNotStored: true }
            || (_closing && outcome.State != JobState.Completed);
        if (outcome is not null && (!mayResume || job.Stop is not null))
        {
            var cause = outcome.Failure?.Cause ?? FailureCause.Unspecified;
            return job with { State = outcome.State, Reason = outcome.Reason, Cause = cause, Step = outcome.Step,
                Ended = _time.GetUtcNow() };
        }

        var reason = _closing ? RestartReason(job) : outcome switch
        {
            { IsShortOfWorkers: true } => $"{outcome.Reason}; it resumes when there are enough",
            { StateNotStored: true } => $"{outcome.Reason}; it resumes when that is possible",
            _ => RestartReason(job),
        };
        return job with { State = JobState.Pending, Reason = reason, Step = outcome?.Step ?? job.Step };
    }

    private void EndWaiting(JobEntry entry, string reason)
    {
        lock (_gate)
        {
            if (!IsWaiting_NeedsLock(entry)) return; // it has started since, or has ended
            Keep(entry, entry.Kept with { State = JobState.Stopped, Reason = reason, Ended = _time.GetUtcNow() }, null);
        }

        entry.Signal.Notify();
        Schedule();
    }

    // Writes to disk first, then changes the job in memory.
    private void Keep(JobEntry entry, StoredJob kept, (string Kind, string Text)? detail)
    {
        var at = _time.GetUtcNow();
        List<StoredEvent> events = [new(0, at, "outcome", kept.Step, $"{kept.State.ToString().ToLowerInvariant()}: {kept.Reason}", null)];
        if (detail is { } more) events.Add(new(0, at, more.Kind, kept.Step, more.Text, null));
        _store.Update(kept, durable: true, events);
        entry.Change(_ => kept);
        entry.Show(kept);
    }

    private void KeepLedger(JobEntry entry, GoodputReport ledger)
    {
        try
        {
            _store.SaveLedger(entry.Kept.Id, ledger.ToJson().ToJsonString());
        }
        catch (IOException error)
        {
            LogNotKept(_logger, entry.Kept.Id, error.Message);
        }
    }

    private void Note(JobEntry entry, string kind, string text)
    {
        try
        {
            _store.Append(entry.Kept.Id, [new(0, _time.GetUtcNow(), kind, entry.Kept.Step, text, null)]);
        }
        catch (IOException error)
        {
            LogNotKept(_logger, entry.Kept.Id, error.Message);
        }

        entry.Signal.Notify();
    }

    // A job that ran when the coordinator was killed waits for its workers again.
    private JobEntry Restore(StoredJob kept, IJobReader reader)
    {
        if (kept.State.IsTerminal()) return new JobEntry(kept, null);
        try
        {
            var accepted = reader.Restore(kept.JobJson);
            var entry = new JobEntry(kept, accepted);
            if (kept is { State: JobState.Pending, Stop: null }) return entry;
            // The kill may have come after the commit of a newer checkpoint, whose predecessor may be deleted by now.
            if (kept.Checkpoint is { } known && reader.Checkpoints.FindLatestInSameFolder(known, kept.Id) is { } latest
                && latest.Step > kept.CheckpointStep)
                kept = entry.Change(job => job with { Checkpoint = latest.Folder, CheckpointStep = latest.Step });
            entry.MayBeAtWork = kept.State != JobState.Pending
                && JobRecord.Parse(_store.Load(kept.Id)) is { State: not RecordedState.Ended };
            if (entry.MayBeAtWork) return entry;
            Keep(entry, entry.Change(job => job.Stop is { } stop
                ? job with { State = JobState.Stopped, Reason = stop.Reason, Ended = _time.GetUtcNow() }
                : job with { State = JobState.Pending, Reason = RestartReason(job) }), null);
            return entry;
        }
        catch (Exception error) when (error is JobRefusedException or JsonException)
        {
            var entry = new JobEntry(kept, null);
            var reason = error is JobRefusedException
                ? $"this release cannot read the job: {error.Message}"
                : $"the stored record of the job cannot be read: {error.Message} Submit the job again; its checkpoints are unchanged.";
            Keep(entry, entry.Change(job => job with { State = JobState.Failed, Reason = reason, Ended = _time.GetUtcNow() }), null);
            return entry;
        }
    }

    private static string RestartReason(StoredJob job) => job.Checkpoint is null
        ? "the coordinator ended while the job ran; it starts again"
        : $"the coordinator ended while the job ran; it resumes after step {job.CheckpointStep}";

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: internal error of the coordinator")]
    private static partial void LogDefect(ILogger logger, string job, Exception defect);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: its state could not be stored: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string job, string reason);
}
