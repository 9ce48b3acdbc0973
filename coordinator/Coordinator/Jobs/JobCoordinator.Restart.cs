using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// Restart of the coordinator: the group may have continued meanwhile, and its members reconnect one by one.
public sealed partial class JobCoordinator
{
    private bool _isAwaitingReturns; // Running: not all previous members have reconnected

    private void Restore(JobRecord record)
    {
        _epoch = _epoch with { Epoch = record.Epoch };
        _furthest = Math.Max(_furthest, record.Furthest);
        _precision = record.Precision;
        (_safe, _isSafeKnown) = (Math.Max(_safe, record.Safe ?? 0), record.Safe is not null);
        switch (record.State)
        {
            case RecordedState.Running:
                (_grid, _progress) = (new RankGrid(record.ExpertParallel, record.Replicas), record.Furthest);
                // The members report how far the group is now.
                _step = _job.Committed.Epoch == record.Epoch ? Math.Max(record.FirstStep, _job.Committed.Step) : record.FirstStep;
                _furthest = Math.Max(_furthest, _step);
                foreach (var (member, rank) in record.Members.Select((member, rank) => (member, rank)))
                {
                    var hello = new Hello
                    {
                        Worker = new WorkerId(member.Name, member.Incarnation).ToWire(), Host = member.Host, Rendezvous = member.Rendezvous,
                        ExchangeAddress = member.ExchangeAddress
                    };
                    var absent = new Member(new AbsentLink(), WorkerId.From(hello.Worker), hello);
                    absent.Begin(rank);
                    _members.Add(absent);
                }

                _isAwaitingReturns = true;
                SetDeadline(_options.ReturnTimeout);
                ChangeState(JobState.Running);
                break;
            case RecordedState.Paused:
                _step = Math.Max(_step, record.FirstStep);
                ChangeState(JobState.Paused);
                break;
            case RecordedState.Ended:
                _step = Math.Max(_step, record.FirstStep);
                Gather();
                break;
            default: throw new UnreachableException($"A record in state {record.State}.");
        }
    }

    // Attaches a previous member that reconnects. If its role has ended meanwhile, the worker sends its last event again.
    private bool TryReconnect(Member? known, IWorkerLink link, WorkerId worker, Hello hello)
    {
        if (known is not { Link: AbsentLink absent } || known.Id != worker || !_epoch.IsOf(hello.Assigned)) return false;
        known.Return(link, hello);
        absent.ForwardTo(link);
        _known.Add(worker.Name);
        _step = Math.Max(_step, hello.Assigned.Step);
        _furthest = Math.Max(_furthest, _step);
        LogReturned(_logger, _job.Id.Value, worker.Name, known.Rank, hello.Assigned.Step);
        Notify(new WorkerArrived(worker.Name, hello.Process, _members.Count, _wanted.World));
        if (hello.Leaving) NotifyLeaving(known);
        if (_state == JobState.Running) RegroupWithoutLeaving();
        if (!IsAnyAbsent)
        {
            _isAwaitingReturns = false;
            if (_state == JobState.Running) SetDeadline(_options.SilenceTimeout);
            else if (_state is JobState.Rescaling or JobState.Ending) SetDeadline(CurrentEndTimeout);
            if (_state == JobState.Running) ReleaseSurplus();
        }

        return true;
    }

    private bool IsAnyAbsent => _members.Exists(member => member.Link is AbsentLink);

    // Time for the ranks to end, or to reconnect first.
    private TimeSpan CurrentEndTimeout => IsAnyAbsent ? _options.ReturnTimeout : _options.EndTimeout;

    // All members that have not reconnected are lost.
    private void GiveUpOnAbsent()
    {
        _isAwaitingReturns = false;
        if (_state is JobState.Rescaling or JobState.Ending) SetDeadline(_options.EndTimeout);
        foreach (var absent in _members.Where(member => member.Link is AbsentLink).ToList())
            if (_members.Contains(absent))
                OnLost(absent,
                    $"it did not reconnect within {Amount.FormatTimeout(_options.ReturnTimeout)} after the coordinator restarted");
    }

    // Workers that still run a previous role, with their Hello and the timer that bounds the wait for them. They are not members yet.
    private readonly Dictionary<IWorkerLink, (Hello Hello, ITimer Bound)> _busy = [];

    // A lost worker reconnects while its role runs. Stops the role first: the group may resume from the parts that the worker holds.
    private bool TryHoldUntilIdle(IWorkerLink link, Hello hello)
    {
        if (!hello.RoleRunning || hello.Assigned?.Job != _job.Id.Value) return false;
        RemoveBusy(link);
        _busy[link] = (hello, _time.CreateTimer(_ => _inbox.Writer.TryWrite(new CoordinatorInput.BusyOverdue(link)), null,
            _options.FenceTimeout, Timeout.InfiniteTimeSpan));
        link.Send(
            new WorkerCommand { Identity = hello.Assigned, Stop = new StopJob { Reason = "the group continues without this worker" } });
        return true;
    }

    // Lets a busy worker join once it has ended its previous role.
    private bool TryReleaseBusy(IWorkerLink link, WorkerEvent message)
    {
        var held = message.EventCase switch
        {
            WorkerEvent.EventOneofCase.Finished => message.Finished.Held,
            WorkerEvent.EventOneofCase.Failed => message.Failed.Held,
            _ => null,
        };
        if (held is null || RemoveBusy(link) is not { } hello) return false;
        var idle = hello.Clone();
        idle.RoleRunning = false;
        idle.Held.AddRange(held);
        OnHello(link, idle);
        return true;
    }

    // The previous role does not end; the job continues without the worker.
    private void OnBusyOverdue(IWorkerLink link)
    {
        if (RemoveBusy(link) is not { } hello) return;
        LogBusy(_logger, _job.Id.Value, hello.Worker.Name, Amount.FormatTimeout(_options.FenceTimeout));
        _ = link.DisposeAsync().AsTask();
    }

    private Hello? RemoveBusy(IWorkerLink link)
    {
        if (!_busy.Remove(link, out var busy)) return null;
        busy.Bound.Dispose();
        return busy.Hello;
    }

    // Null, or why the record could not be stored.
    private string? TryStore(RecordedState state, IReadOnlyList<Member>? ranks = null)
    {
        RecordedMember[] members =
        [
            .. (ranks ?? []).Select(member => new RecordedMember(
                member.Id.Name, member.Id.Incarnation, member.Hello.Host, member.Hello.Rendezvous, member.Hello.ExchangeAddress)),
        ];
        try
        {
            _records?.Store(new JobRecord(_epoch.Epoch, state, _grid.ExpertParallel, _grid.Replicas, members, _step, _furthest)
            {
                Safe = state == RecordedState.Running || !_isSafeKnown ? null : _safe,
                Precision = _precision,
            });
            return null;
        }
        catch (IOException error)
        {
            LogNotStored(_logger, _job.Id.Value, _epoch.Epoch, error.Message);
            return $"epoch {_epoch.Epoch} cannot start: its record could not be stored: {error.Message}";
        }
    }
}
