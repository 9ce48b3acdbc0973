using System.Diagnostics;
using System.Threading.Channels;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs;

/// <summary>
/// Runs one job from the first <c>Hello</c> of its workers to an outcome.
/// <list type="number">
/// <item>Gathers the workers that the job asks for. A later worker is a spare if the job has a <see cref="RecoveryPolicy"/>, and is refused
/// otherwise.</item>
/// <item>Plans the epoch, in the order of the workers' names and never of their arrival, and sends each rank its assignment.</item>
/// <item>Forwards the ranks' reports. The job ends when every rank has ended; a failed rank or a stop request ends the others.</item>
/// <item>With a <see cref="RecoveryPolicy"/>, the job recovers from lost workers: the surviving ranks are fenced, and a new epoch with a
/// spare, a replacement or fewer workers resumes from the last recovery point. The job grows again when a worker joins.</item>
/// </list>
/// One loop owns all state; every event is enqueued to it as an input. Every wait has a timeout (<see cref="CoordinatorOptions"/>).
/// </summary>
public sealed partial class JobCoordinator
{
    private readonly JobSpecification _job;
    private readonly IPlacement _placement;
    private readonly CoordinatorOptions _options;
    private readonly IJobObserver _observer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IJobRecords? _records;
    private readonly ICheckpointFolders? _checkpoints;
    private readonly GoodputLedger _ledger;
    private readonly SlowWorkers _slow = new();
    private const string Group = "learners";

    private readonly Channel<CoordinatorInput> _inbox = Channel.CreateUnbounded<CoordinatorInput>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly List<IWorkerLink> _links = []; // guarded by itself: any thread may attach a link
    private readonly List<Member> _members = [];

    private JobState _state = JobState.Pending;
    private GroupEpoch _epoch;
    private RankGrid _wanted, _grid;
    private Precision? _precision;     // of all epochs; null until the first epoch is planned
    private Failure? _failure;
    private (bool Save, string Reason)? _stop;
    private (string Directory, long Step)? _checkpoint;
    private JobOutcome? _outcome;
    private long _step;                // committed in this epoch, including the state from which it resumed
    private long _furthest;            // committed in any epoch
    private long _point, _safe;        // committed at the last recovery point, and at the last state from which the group can resume
    private bool _isSafeKnown = true;  // whether _safe is known: false after a restart until the next recovery point is complete
    private ITimer? _deadline;
    private long _deadlineNumber;

    /// <summary>Creates a coordinator for one run of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="placement">Assigns experts to ranks.</param>
    /// <param name="observer">Receives the notices of the job.</param>
    /// <param name="options">Timeouts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The logger.</param>
    /// <param name="records">Stores the state that a restarted coordinator needs; null stores nothing.</param>
    /// <param name="checkpoints">Looks up checkpoints on disk; null assumes that every known checkpoint still exists.</param>
    public JobCoordinator(JobSpecification job, IPlacement placement, IJobObserver observer, CoordinatorOptions options, TimeProvider time,
        ILogger<JobCoordinator> logger, IJobRecords? records = null, ICheckpointFolders? checkpoints = null)
    {
        (_job, _placement, _observer, _options, _time, _logger, _records, _checkpoints) = (job, placement, observer, options, time, logger,
            records, checkpoints);
        _ledger = new GoodputLedger(time);
        _epoch = new GroupEpoch(job.Id, Group, 0);
        _wanted = _grid = job.Plan.Grid;
        _step = _furthest = _progress = _point = _safe = job.FirstStep;
        if (job.Checkpoint is { } checkpoint) _checkpoint = (checkpoint, job.FirstStep);
    }

    /// <summary>Time of the run so far by category. Thread-safe.</summary>
    public GoodputReport Ledger => _ledger.Report;

    /// <summary>
    /// Adds the link of a worker, before or while the job runs. The coordinator disposes the link at the end. Thread-safe.
    /// </summary>
    /// <param name="link">The coordinator's end of the worker's stream.</param>
    public void Attach(IWorkerLink link)
    {
        lock (_links) _links.Add(link);
        _ = PumpAsync(link);
    }

    /// <summary>Requests that the job ends after the current step. May be called at any time and repeatedly. Thread-safe.</summary>
    /// <param name="save">Whether the job saves a checkpoint before it ends; without one it ends at once.</param>
    /// <param name="reason">The reason in the outcome.</param>
    public void RequestStop(bool save, string reason) => _inbox.Writer.TryWrite(new CoordinatorInput.StopRequested(save, reason));

    /// <summary>
    /// Requests that the job continues with another number of workers after the current step. The job grows as further workers join.
    /// Thread-safe.
    /// </summary>
    /// <param name="workers">The requested number of workers, at least 1.</param>
    public void RequestScale(int workers) => _inbox.Writer.TryWrite(new CoordinatorInput.ScaleRequested(workers));

    /// <summary>Requests that the job saves a checkpoint after the current step and pauses. Thread-safe.</summary>
    public void RequestPause() => _inbox.Writer.TryWrite(new CoordinatorInput.PauseRequested());

    /// <summary>Requests that a paused job resumes. Thread-safe.</summary>
    public void RequestResume() => _inbox.Writer.TryWrite(new CoordinatorInput.ResumeRequested());

    /// <summary>Requests that a worker injects a fault now; no effect if the worker is not a member of the job. Thread-safe.</summary>
    /// <param name="fault">A fault that a worker injects on request.</param>
    public void RequestFault(Fault fault) => _inbox.Writer.TryWrite(new CoordinatorInput.FaultRequested(fault));

    /// <summary>
    /// Reports that the process of a worker has ended, on behalf of the program that started it. The job no longer waits for a worker that
    /// had not joined. Thread-safe.
    /// </summary>
    /// <param name="worker">Name of the worker.</param>
    /// <param name="how">How the process ended, for people.</param>
    /// <param name="process">Id of the process, because a new process may already have the worker's name; 0 if it is unknown.</param>
    /// <param name="isRestarted">Whether the worker is restarted; the job then still waits for it.</param>
    public void ReportExit(string worker, string how, int process = 0, bool isRestarted = false) =>
        _inbox.Writer.TryWrite(new CoordinatorInput.Exited(worker, how, process, isRestarted));

    /// <summary>Runs the job to its end. Called once, instead of <see cref="Begin"/>.</summary>
    /// <param name="abandon">Abandons the job at once, without an outcome.</param>
    /// <exception cref="OperationCanceledException"><paramref name="abandon"/> is cancelled.</exception>
    public async Task<JobOutcome> RunAsync(CancellationToken abandon = default)
    {
        Begin();
        try
        {
            JobOutcome? outcome;
            while ((outcome = Work()) is null) await _inbox.Reader.WaitToReadAsync(abandon).ConfigureAwait(false);
            return outcome;
        }
        finally
        {
            _deadline?.Dispose();
            foreach (var busy in _busy.Values) busy.Bound.Dispose();
            IWorkerLink[] links;
            lock (_links) links = [.. _links];
            foreach (var link in links) await link.DisposeAsync().ConfigureAwait(false);
            _inbox.Writer.TryComplete();
            while (_inbox.Reader.TryRead(out var late))
                if (late is CoordinatorInput.SaveRequested(var done)) _saves.Add((_step, done));
            EndSaves(long.MaxValue, _outcome is null ? "the job was abandoned" : null);
        }
    }

    /// <summary>
    /// Begins the job for a caller that calls <see cref="Work"/> after each input, instead of <see cref="RunAsync"/>. Called once.
    /// </summary>
    /// <exception cref="InvalidOperationException">The job has already begun.</exception>
    public void Begin()
    {
        if (_state != JobState.Pending)
            throw new InvalidOperationException("The job has already begun: a coordinator runs its job once. Create another coordinator.");
        if (_job.Record is { } record)
        {
            Restore(record);
            return;
        }

        Gather();
    }

    /// <summary>Processes all enqueued inputs on the calling thread. Only one thread may call it at a time.</summary>
    /// <returns>The outcome of the job; null if the job has not ended and waits for further inputs.</returns>
    public JobOutcome? Work()
    {
        while (_outcome is null && _inbox.Reader.TryRead(out var input)) Handle(input);
        return _outcome;
    }

    /// <summary>Enqueues an event of a worker. Thread-safe. <see cref="Attach"/> does this for every event of its link.</summary>
    /// <param name="link">The link of the worker.</param>
    /// <param name="message">The event.</param>
    public void Receive(IWorkerLink link, WorkerEvent message) => _inbox.Writer.TryWrite(new CoordinatorInput.Event(link, message));

    /// <summary>Enqueues the end of a worker's stream, after its last event. Thread-safe.</summary>
    /// <param name="link">The link of the worker.</param>
    /// <param name="error">Why the stream broke; null if the worker left.</param>
    public void ReceiveEnd(IWorkerLink link, string? error) => _inbox.Writer.TryWrite(new CoordinatorInput.LinkEnded(link, error));

    private void Handle(CoordinatorInput input)
    {
        switch (input)
        {
            case CoordinatorInput.Event(var link, var message): OnEvent(link, message); break;
            case CoordinatorInput.LinkEnded(var link, var error): OnLinkEnded(link, error); break;
            case CoordinatorInput.Exited(var worker, var how, var process, var isRestarted):
                OnExited(worker, how, process, isRestarted);
                break;
            case CoordinatorInput.StopRequested(var save, var reason): OnStopRequested(save, reason); break;
            case CoordinatorInput.SaveRequested(var done): OnSaveRequested(done); break;
            case CoordinatorInput.ScaleRequested(var workers): OnScaleRequested(workers); break;
            case CoordinatorInput.PauseRequested: OnPauseRequested(); break;
            case CoordinatorInput.ResumeRequested: OnResumeRequested(); break;
            case CoordinatorInput.BusyOverdue(var link): OnBusyOverdue(link); break;
            case CoordinatorInput.FaultRequested(var fault): OnFaultRequested(fault); break;
            case CoordinatorInput.DeadlinePassed(var number) when number == _deadlineNumber: OnDeadline(); break;
            case CoordinatorInput.DeadlinePassed: break; // the deadline was replaced
            default: throw new UnreachableException($"Unknown input: {input}");
        }
    }

    private async Task PumpAsync(IWorkerLink link)
    {
        string? error = null;
        try
        {
            await foreach (var message in link.Events.ReadAllAsync().ConfigureAwait(false)) Receive(link, message);
        }
        catch (Exception broken)
        {
            error = broken.Message;
        }

        ReceiveEnd(link, error);
    }

    private void Notify(JobNotice notice)
    {
        _ledger.On(notice);
        _observer.On(notice);
    }

    private void ChangeState(JobState next)
    {
        LogTransition(_logger, _job.Id.Value, _state, next);
        CoordinatorMetrics.Transition(_state, next);
        var from = _state;
        _state = next;
        Notify(new StateChanged(from, next));
    }

    private void Fail(Failure failure) => End(JobState.Failed, failure.Reason, failure);

    private void End(JobState state, string reason, Failure? failure = null)
    {
        ChangeState(state);
        EndSaves(long.MaxValue, state == JobState.Failed ? $"the job failed: {reason}" : null);
        if (_epoch.Epoch > 0) TryStore(RecordedState.Ended);
        _outcome = new JobOutcome(state, reason, failure, _step) { Ledger = _ledger.Report };
    }

    private void SetDeadline(TimeSpan wait)
    {
        _deadline?.Dispose();
        var number = ++_deadlineNumber;
        _deadline = _time.CreateTimer(_ => _inbox.Writer.TryWrite(new CoordinatorInput.DeadlinePassed(number)), null, wait,
            Timeout.InfiniteTimeSpan);
    }
}
