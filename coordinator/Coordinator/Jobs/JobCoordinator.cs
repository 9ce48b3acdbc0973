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
/// Takes one job from workers that say hello to an outcome.
/// <list type="number">
/// <item>Gathers the workers that the job asks for; who comes later is a spare where losses are recovered from, else not needed.</item>
/// <item>Plans, in the order of the workers' names and never of their arrival, and sends each its part.</item>
/// <item>Passes their reports on, and ends when all have ended: a rank's failure or a request to stop ends the others.</item>
/// <item>With a <see cref="RecoveryPolicy"/>, what is lost is made good: the others leave their exchange, and a new epoch with a spare, a
/// replacement or fewer workers goes on from the last recovery point. A job grows again when a worker comes.</item>
/// </list>
/// One loop owns all state; whatever happens is put before it as an input. Every wait has a bound (<see cref="CoordinatorOptions"/>).
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

    private readonly Channel<CoordinatorInput> _inbox = Channel.CreateUnbounded<CoordinatorInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<IWorkerLink> _links = []; // guarded by itself: links are attached from outside
    private readonly List<Member> _members = [];

    private JobState _state = JobState.Pending;
    private GroupEpoch _epoch;
    private RankGrid _wanted, _grid;
    private Precision? _precision;     // of all epochs, once the first workers are known
    private Failure? _failure;
    private (bool Save, string Reason)? _stop;
    private (string Directory, long Step)? _checkpoint;
    private JobOutcome? _outcome;
    private long _step;                // committed, in what the epoch goes on from and since
    private long _furthest;            // committed, ever
    private long _point, _safe;        // committed at the last recovery point, and at the last that is complete or was gone on from
    private bool _isSafeKnown = true;  // false after a restart, until the next one
    private ITimer? _deadline;
    private long _deadlineNumber;

    /// <summary>A coordinator for one run of one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="placement">Which expert lives where.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to.</param>
    /// <param name="records">Keeps what must survive this process; null keeps nothing.</param>
    /// <param name="checkpoints">Tells which checkpoints are still there; null where nobody can: then those that are known are.</param>
    public JobCoordinator(JobSpecification job, IPlacement placement, IJobObserver observer, CoordinatorOptions options, TimeProvider time, ILogger<JobCoordinator> logger, IJobRecords? records = null, ICheckpointFolders? checkpoints = null)
    {
        (_job, _placement, _observer, _options, _time, _logger, _records, _checkpoints) = (job, placement, observer, options, time, logger, records, checkpoints);
        _ledger = new GoodputLedger(time);
        _epoch = new GroupEpoch(job.Id, Group, 0);
        _wanted = _grid = job.Plan.Grid;
        _step = _furthest = _progress = _point = _safe = job.FirstStep;
        if (job.Checkpoint is { } checkpoint) _checkpoint = (checkpoint, job.FirstStep);
    }

    /// <summary>Where the time went so far; from any thread.</summary>
    public GoodputReport Ledger => _ledger.Report;

    /// <summary>Gives the coordinator a worker's stream, before or while it runs. The coordinator disposes it at the end.</summary>
    public void Attach(IWorkerLink link)
    {
        lock (_links) _links.Add(link);
        _ = PumpAsync(link);
    }

    /// <summary>Asks the job to end after the step in hand; may come at any time, from any thread, any number of times.</summary>
    /// <param name="save">Whether a checkpoint is wanted.</param>
    /// <param name="reason">Why, for the outcome.</param>
    public void RequestStop(bool save, string reason) => _inbox.Writer.TryWrite(new CoordinatorInput.StopAsked(save, reason));

    /// <summary>Asks the job to go on with another number of workers after the step in hand; from any thread. With more than there are, it waits for others to come.</summary>
    /// <param name="workers">At least 1.</param>
    public void RequestScale(int workers) => _inbox.Writer.TryWrite(new CoordinatorInput.ScaleAsked(workers));

    /// <summary>Asks the job to save after the step in hand and to wait; from any thread.</summary>
    public void RequestPause() => _inbox.Writer.TryWrite(new CoordinatorInput.PauseAsked());

    /// <summary>Asks a paused job to go on; from any thread.</summary>
    public void RequestResume() => _inbox.Writer.TryWrite(new CoordinatorInput.ResumeAsked());

    /// <summary>Asks a worker for a fault that is due now, if it is here; from any thread.</summary>
    /// <param name="fault">One of those that a worker is asked for.</param>
    public void RequestFault(Fault fault) => _inbox.Writer.TryWrite(new CoordinatorInput.FaultAsked(fault));

    /// <summary>Tells that a worker's process has ended, by whoever started it; from any thread. Those that have not joined are not waited for any more.</summary>
    /// <param name="worker">Its name.</param>
    /// <param name="how">How it ended, for people.</param>
    /// <param name="process">Its number, where it is known: by now another process may have that name. 0 where it is not.</param>
    /// <param name="comesBack">Whether it is started anew: if it had not joined, it is waited for all the same.</param>
    public void ReportExit(string worker, string how, int process = 0, bool comesBack = false) => _inbox.Writer.TryWrite(new CoordinatorInput.Exited(worker, how, process, comesBack));

    /// <summary>Runs the job to its end. Called once, and instead of <see cref="Begin"/>.</summary>
    /// <param name="abandon">Leaves at once, without an outcome.</param>
    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
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
                if (late is CoordinatorInput.SaveAsked(var done)) _saves.Add((_step, done));
            EndSaves(long.MaxValue, _outcome is null ? "the job was abandoned" : null);
        }
    }

    /// <summary>Begins the job for a caller that drives it by hand, as <see cref="RunAsync"/> does on its own; <see cref="Work"/> follows each input. Called once.</summary>
    public void Begin()
    {
        if (_state != JobState.Pending) throw new InvalidOperationException("A coordinator runs its job once.");
        if (_job.Record is { } record)
        {
            Restore(record);
            return;
        }

        Gather();
    }

    /// <summary>Does what has been put before it, on the calling thread; one caller at a time.</summary>
    /// <returns>How the job has ended; null where it has not, and waits.</returns>
    public JobOutcome? Work()
    {
        while (_outcome is null && _inbox.Reader.TryRead(out var input)) Take(input);
        return _outcome;
    }

    /// <summary>Puts a worker's event before the coordinator; from any thread. <see cref="Attach"/> does so with all that its link says.</summary>
    public void Hear(IWorkerLink link, WorkerEvent message) => _inbox.Writer.TryWrite(new CoordinatorInput.Event(link, message));

    /// <summary>Tells that a worker's stream has ended, once nothing more of it will be heard; from any thread.</summary>
    /// <param name="link">The stream.</param>
    /// <param name="error">Why it broke; null where the worker left.</param>
    public void HearEnd(IWorkerLink link, string? error) => _inbox.Writer.TryWrite(new CoordinatorInput.LinkEnded(link, error));

    private void Take(CoordinatorInput input)
    {
        switch (input)
        {
            case CoordinatorInput.Event(var link, var message): OnEvent(link, message); break;
            case CoordinatorInput.LinkEnded(var link, var error): OnLinkEnded(link, error); break;
            case CoordinatorInput.Exited(var worker, var how, var process, var comesBack): OnExited(worker, how, process, comesBack); break;
            case CoordinatorInput.StopAsked(var save, var reason): OnStopAsked(save, reason); break;
            case CoordinatorInput.SaveAsked(var done): OnSaveAsked(done); break;
            case CoordinatorInput.ScaleAsked(var workers): OnScaleAsked(workers); break;
            case CoordinatorInput.PauseAsked: OnPauseAsked(); break;
            case CoordinatorInput.ResumeAsked: OnResumeAsked(); break;
            case CoordinatorInput.BusyOverdue(var link): OnBusyOverdue(link); break;
            case CoordinatorInput.FaultAsked(var fault): OnFaultAsked(fault); break;
            case CoordinatorInput.DeadlinePassed(var number) when number == _deadlineNumber: OnDeadline(); break;
            case CoordinatorInput.DeadlinePassed: break; // replaced since
            default: throw new UnreachableException($"No such input: {input}");
        }
    }

    private async Task PumpAsync(IWorkerLink link)
    {
        string? error = null;
        try
        {
            await foreach (var message in link.Events.ReadAllAsync().ConfigureAwait(false)) Hear(link, message);
        }
        catch (Exception broken)
        {
            error = broken.Message;
        }

        HearEnd(link, error);
    }

    private void Tell(JobNotice notice)
    {
        _ledger.On(notice);
        _observer.On(notice);
    }

    private void Move(JobState next)
    {
        LogTransition(_logger, _job.Id.Value, _state, next);
        CoordinatorMetrics.Transition(_state, next);
        var from = _state;
        _state = next;
        Tell(new StateChanged(from, next));
    }

    private void Fail(Failure failure) => End(JobState.Failed, failure.Reason, failure);

    private void End(JobState state, string reason, Failure? failure = null)
    {
        Move(state);
        EndSaves(long.MaxValue, state == JobState.Failed ? $"the job failed: {reason}" : null);
        if (_epoch.Epoch > 0) TryKeep(RecordedState.Ended);
        _outcome = new JobOutcome(state, reason, failure, _step) { Ledger = _ledger.Report };
    }

    private void Arm(TimeSpan wait)
    {
        _deadline?.Dispose();
        var number = ++_deadlineNumber;
        _deadline = _time.CreateTimer(_ => _inbox.Writer.TryWrite(new CoordinatorInput.DeadlinePassed(number)), null, wait, Timeout.InfiniteTimeSpan);
    }
}
