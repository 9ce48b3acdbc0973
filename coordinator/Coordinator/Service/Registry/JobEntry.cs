using System.Diagnostics;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// A job in memory. The table's lock guards its state. Every change that readers may see is published in the table's snapshot, after it was
/// written to disk.
/// </summary>
internal sealed class JobEntry
{
    private readonly JobTable _table;
    private StoredJob _current, _persisted; // the table's lock guards these and every field below
    private EntryPhase _phase;
    private IRunningJob? _running;
    private WorkerRequest? _request;
    private Task _run = Task.CompletedTask;

    /// <summary>Creates an entry, which the table publishes.</summary>
    /// <param name="table">The table of the jobs.</param>
    /// <param name="current">The current state.</param>
    /// <param name="persisted">The state on disk.</param>
    /// <param name="job">The job to run; null if this release cannot read it, or it had ended when it was restored.</param>
    /// <param name="phase">The first phase.</param>
    public JobEntry(JobTable table, StoredJob current, StoredJob persisted, JobDescription? job, EntryPhase phase) =>
        (_table, _current, _persisted, Job, _phase) = (table, current, persisted, job, phase);

    /// <summary>The job to run; null if this release cannot read it, or it had ended when it was restored.</summary>
    public JobDescription? Job { get; }

    /// <summary>Signals every change, after it was stored.</summary>
    public ChangeSignal Signal { get; } = new();

    /// <summary>
    /// Orders the durable writes of the job's user requests and ends: each is decided, written and published before the next is decided.
    /// </summary>
    public WriteQueue Writes { get; } = new();

    /// <summary>The current state, in memory. The published state follows when that state is on disk.</summary>
    public StoredJob Current
    {
        get
        {
            lock (_table.Gate) return _current;
        }
    }

    /// <summary>What readers see of the job.</summary>
    public JobStatus Status
    {
        get
        {
            lock (_table.Gate) return Status_NeedsLock;
        }
    }

    internal JobStatus Status_NeedsLock => new(this, _persisted, _phase, _running, _request);

    /// <summary>The current run, until its end is on disk or the coordinator ends without writing it; completed if there is none.</summary>
    internal Task Run_NeedsLock => _run;

    /// <summary>Changes the current state, in memory only.</summary>
    /// <returns>The new state.</returns>
    public StoredJob Change(Func<StoredJob, StoredJob> change)
    {
        lock (_table.Gate) return _current = change(_current);
    }

    /// <summary>Publishes a user request that is on disk.</summary>
    /// <returns>The status in which the job receives the request: a job that starts later receives it at its start.</returns>
    public JobStatus PublishRequest(Func<StoredJob, StoredJob> request)
    {
        lock (_table.Gate)
        {
            (_current, _persisted) = (request(_current), request(_persisted));
            return Publish_NeedsLock();
        }
    }

    /// <summary>Publishes a state of the job that is on disk.</summary>
    /// <param name="written">The state. Its user requests are ignored, because they are written separately.</param>
    public void PublishState(StoredJob written)
    {
        lock (_table.Gate) PublishState_NeedsLock(written);
    }

    /// <summary>Publishes the end of the job, or of its run, that is on disk. The job waits again unless its state is terminal.</summary>
    public void PublishEnd(StoredJob written)
    {
        lock (_table.Gate)
        {
            (_current, _running, _request, _phase) = (written, null, null, PhaseAtRest(written.State));
            PublishState_NeedsLock(written);
        }
    }

    /// <summary>Begins the start of the job with reserved workers.</summary>
    internal void Reserve_NeedsLock(WorkerRequest request)
    {
        (_phase, _request) = (EntryPhase.Starting, request);
        Publish_NeedsLock();
    }

    /// <summary>Runs a job that is starting, unless it has other user requests by now or the coordinator has begun to close.</summary>
    /// <param name="running">The job, which has received the user requests in <paramref name="seen"/>.</param>
    /// <param name="seen">The state of the job from which these requests were taken.</param>
    /// <param name="run">Runs the job to its end; started on a thread of the pool.</param>
    /// <returns>
    /// The phase of the job: <see cref="EntryPhase.Running"/>; <see cref="EntryPhase.Starting"/> if it has other requests; otherwise the
    /// phase before its start, in which it stays.
    /// </returns>
    public EntryPhase TryRun(IRunningJob running, StoredJob seen, Func<Task> run)
    {
        lock (_table.Gate)
        {
            if (IsCancelledByClosing_NeedsLock()) return _phase;
            if (!HasRequestsOf_NeedsLock(seen)) return EntryPhase.Starting;
            (_phase, _running, _run) = (EntryPhase.Running, running, Task.Run(run));
            Publish_NeedsLock();
            return _phase;
        }
    }

    /// <summary>Ends the start of a job that cannot run, unless the coordinator has begun to close.</summary>
    /// <param name="end">Writes the job's end; started on a thread of the pool.</param>
    public void FailStart(Func<Task> end)
    {
        lock (_table.Gate)
            if (!IsCancelledByClosing_NeedsLock()) _run = Task.Run(end);
    }

    /// <summary>Takes a waiting job out of the queue for workers, to write its end.</summary>
    /// <returns>Whether the job waits; false if it has started or ended.</returns>
    public bool TryBeginStopping() => TryMove(EntryPhase.Waiting, EntryPhase.Stopping);

    /// <summary>Returns a job whose end could not be written to the queue for workers.</summary>
    public void CancelStopping() => TryMove(EntryPhase.Stopping, EntryPhase.Waiting);

    /// <summary>Leaves the run to the next coordinator, which finds the job running as after a kill.</summary>
    /// <returns>Whether the coordinator hands over; otherwise the run has an end to be written.</returns>
    public bool TryLeaveToNextCoordinator()
    {
        lock (_table.Gate)
        {
            if (!_table.IsHandingOver_NeedsLock) return false;
            (_phase, _running, _request) = (EntryPhase.Reclaimable, null, null);
            Publish_NeedsLock();
            return true;
        }
    }

    /// <summary>Returns the phase of a job that does not run.</summary>
    public static EntryPhase PhaseAtRest(JobState state) => state.IsTerminal() ? EntryPhase.Ended : EntryPhase.Waiting;

    private bool TryMove(EntryPhase from, EntryPhase to)
    {
        lock (_table.Gate)
        {
            if (_phase != from) return false;
            _phase = to;
            Publish_NeedsLock();
            return true;
        }
    }

    // As if the start had not begun; nothing of it is on disk.
    private bool IsCancelledByClosing_NeedsLock()
    {
        if (!_table.IsClosing_NeedsLock) return false;
        (_phase, _request) = (_request!.IsReclaiming ? EntryPhase.Reclaimable : EntryPhase.Waiting, null);
        Publish_NeedsLock();
        return true;
    }

    private bool HasRequestsOf_NeedsLock(StoredJob seen) =>
        (_current.Workers, _current.IsPauseRequested, _current.Stop) == (seen.Workers, seen.IsPauseRequested, seen.Stop);

    private void PublishState_NeedsLock(StoredJob written)
    {
        _persisted = written with { Workers = _persisted.Workers, IsPauseRequested = _persisted.IsPauseRequested, Stop = _persisted.Stop };
        Publish_NeedsLock();
    }

    private JobStatus Publish_NeedsLock()
    {
        Debug.Assert(_table.Gate.IsHeldByCurrentThread);
        return _table.Publish_NeedsLock(Status_NeedsLock);
    }
}
