using System.Diagnostics;
using System.Text.Json;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
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
                if (_pool.TryReserve(new JobId(entry.Current.Id), entry.Current.Workers, MinWorkers(entry)) is not { } request) return;
                Begin_NeedsLock(entry, entry.Job!, request);
            }
        }
    }

    // A job that has run before resumes with fewer workers than its target; its state machine waits a while for the others.
    private static int MinWorkers(JobEntry entry)
    {
        var all = entry.Current.Workers;
        if (entry is not { Job: { } job, Current.StepEpoch: > 0 }) return all;
        return Enumerable.Range(1, all).FirstOrDefault(workers => Grids.Fitting(workers, job.Plan)?.World >= job.Recovery.MinWorkers, all);
    }

    private void Begin_NeedsLock(JobEntry entry, JobDescription job, WorkerRequest request)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        var recorder = new JobRecorder(entry, _store, _metrics, _writer, _time, _logger);
        var current = entry.Change(each => each with { Started = each.Started ?? _time.GetUtcNow(), Reason = "" });
        try
        {
            var start = current.Checkpoint is { } folder ? new ResumePoint(folder, current.CheckpointStep, current.Id) : null;
            entry.Running = _factory.Create(new JobSpecification(new JobId(current.Id), job, start)
            {
                Record = JobRecord.Parse(_store.Load(current.Id)), Committed = (current.StepEpoch, current.Step),
            }, recorder);
        }
        catch (Exception defect)
        {
            LogDefect(_logger, current.Id, defect);
            entry.Change(job => Ended_NeedsLock(job, Unexpected(entry, defect)));
            entry.Run = _writer.WriteAsync(() => End(entry, Unexpected(entry, defect)),
                reason => LogNotStored(_logger, current.Id, reason));
            request.Dispose(); // starts the next job; this one no longer waits
            return;
        }

        RepeatRequests(current, job, entry.Running);
        entry.Request = request;
        entry.MayHaveRunningWorkers = false;
        entry.Run = Task.Run(() => RunAsync(entry, entry.Running, request, recorder));
    }

    // User requests of an earlier run or coordinator, which may not have reached the state machine.
    private static void RepeatRequests(StoredJob stored, JobDescription job, IRunningJob running)
    {
        if (stored.Workers != job.Workers) running.RequestScale(stored.Workers);
        if (stored.IsPauseRequested) running.RequestPause();
        else running.RequestResume();
        if (stored.Stop is { } stop) running.RequestStop(stop.Save, stop.Reason);
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
            LogDefect(_logger, entry.Current.Id, defect);
            outcome = Unexpected(entry, defect);
        }

        request.Dispose(); // before the writes below, which may wait as long as the disk is full
        recorder.Complete();
        await writing.ConfigureAwait(false);
        if (outcome is null && TryLeaveToNextCoordinator(entry)) return;
        if (outcome is { IsStateNotStored: true })
            await Task.Delay(RetryingWriter.Pause, _time, _close.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _writer.WriteAsync(() => End(entry, outcome), reason => LogNotStored(_logger, entry.Current.Id, reason))
            .ConfigureAwait(false);
        entry.Signal.Notify();
        Schedule();
    }

    // As after a kill, the next coordinator finds the job running.
    private bool TryLeaveToNextCoordinator(JobEntry entry)
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
        return new JobOutcome(JobState.Failed, failure.Reason, failure, entry.Current.Step);
    }

    // The job changes in memory only if the write succeeds.
    private void End(JobEntry entry, JobOutcome? outcome)
    {
        lock (_gate)
        {
            if (outcome?.Ledger is { } ledger) StoreLedger(entry, ledger);
            var ended = Ended_NeedsLock(entry.Current, outcome);
            Store(entry, ended, outcome is { Detail: { Length: > 0 } detail } ? ("detail", detail) : null);
            (entry.Running, entry.Request) = (null, null);
        }
    }

    private StoredJob Ended_NeedsLock(StoredJob job, JobOutcome? outcome)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        // A failure while the coordinator ends may be caused by workers that end too. A failure for another reason will occur again.
        var mayResume = outcome is null or { IsShortOfWorkers: true } or { IsStateNotStored: true }
            || (_closing && outcome.State != JobState.Completed);
        if (outcome is not null && (!mayResume || job.Stop is not null))
        {
            var cause = outcome.Failure?.Cause ?? FailureCause.Unspecified;
            return job with
            {
                State = outcome.State, Reason = outcome.Reason, Cause = cause, Step = outcome.Step, Ended = _time.GetUtcNow()
            };
        }

        var reason = _closing ? RestartReason(job) : outcome switch
        {
            { IsShortOfWorkers: true } => $"{outcome.Reason}; the job resumes when enough workers have joined",
            { IsStateNotStored: true } => $"{outcome.Reason}; the job resumes when its state can be stored",
            _ => RestartReason(job),
        };
        return job with { State = JobState.Pending, Reason = reason, Step = outcome?.Step ?? job.Step };
    }

    private void EndWaiting(JobEntry entry, string reason)
    {
        lock (_gate)
        {
            if (!IsWaiting_NeedsLock(entry)) return; // it has started since, or has ended
            Store(entry, entry.Current with { State = JobState.Stopped, Reason = reason, Ended = _time.GetUtcNow() }, null);
        }

        entry.Signal.Notify();
        Schedule();
    }

    // Writes to disk first, then changes the job in memory.
    private void Store(JobEntry entry, StoredJob stored, (string Kind, string Text)? detail)
    {
        var at = _time.GetUtcNow();
        var text = $"{stored.State.ToString().ToLowerInvariant()}: {stored.Reason}";
        List<StoredEvent> events = [new(0, at, "outcome", stored.Step, text, null)];
        if (detail is { } more) events.Add(new(0, at, more.Kind, stored.Step, more.Text, null));
        _store.Update(stored, durable: true, events);
        entry.Change(_ => stored);
        entry.RecordPersisted(stored);
    }

    private void StoreLedger(JobEntry entry, GoodputReport ledger)
    {
        try
        {
            _store.SaveLedger(entry.Current.Id, ledger.ToJson().ToJsonString());
        }
        catch (IOException error)
        {
            LogNotStored(_logger, entry.Current.Id, error.Message);
        }
    }

    private void Note(JobEntry entry, string kind, string text)
    {
        try
        {
            _store.Append(entry.Current.Id, [new(0, _time.GetUtcNow(), kind, entry.Current.Step, text, null)]);
        }
        catch (IOException error)
        {
            LogNotStored(_logger, entry.Current.Id, error.Message);
        }

        entry.Signal.Notify();
    }

    // A job that ran when the coordinator was killed waits for its workers again.
    private JobEntry Restore(StoredJob stored, IJobReader reader)
    {
        if (stored.State.IsTerminal()) return new JobEntry(stored, null);
        try
        {
            var entry = new JobEntry(stored, reader.Restore(stored.JobJson));
            if (stored is { State: JobState.Pending, Stop: null }) return entry;
            // The kill may have come after the commit of a newer checkpoint, whose predecessor may be deleted by now.
            if (stored.Checkpoint is { } known && reader.Checkpoints.FindLatestInSameFolder(known, stored.Id) is { } latest
                && latest.Step > stored.CheckpointStep)
                stored = entry.Change(job => job with { Checkpoint = latest.Folder, CheckpointStep = latest.Step });
            entry.MayHaveRunningWorkers = stored.State != JobState.Pending
                && JobRecord.Parse(_store.Load(stored.Id)) is { State: not RecordedState.Ended };
            if (entry.MayHaveRunningWorkers) return entry;
            Store(entry, entry.Change(job => job.Stop is { } stop
                ? job with { State = JobState.Stopped, Reason = stop.Reason, Ended = _time.GetUtcNow() }
                : job with { State = JobState.Pending, Reason = RestartReason(job) }), null);
            return entry;
        }
        catch (Exception error) when (error is JobRefusedException or JsonException)
        {
            var entry = new JobEntry(stored, null);
            var reason = error is JobRefusedException
                ? $"this release cannot read the job: {error.Message}"
                : $"the stored record of the job cannot be read: {error.Message} Submit the job again; its checkpoints are unchanged.";
            Store(entry, entry.Change(job => job with { State = JobState.Failed, Reason = reason, Ended = _time.GetUtcNow() }), null);
            return entry;
        }
    }

    private static string RestartReason(StoredJob job) => job.Checkpoint is null
        ? "the coordinator ended while the job ran; it starts again"
        : $"the coordinator ended while the job ran; it resumes after step {job.CheckpointStep}";

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: internal error of the coordinator")]
    private static partial void LogDefect(ILogger logger, string job, Exception defect);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: its state could not be stored: {Reason}")]
    private static partial void LogNotStored(ILogger logger, string job, string reason);
}
