using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// A coordinator that is started again: the group may have gone on stepping meanwhile, and its members come back one by one.
public sealed partial class JobCoordinator
{
    private bool _returning; // Running: members of before are still awaited

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
                _step = _job.Committed.Epoch == record.Epoch ? Math.Max(record.FirstStep, _job.Committed.Step) : record.FirstStep; // how far it is since, its members say
                _furthest = Math.Max(_furthest, _step);
                foreach (var (member, rank) in record.Members.Select((member, rank) => (member, rank)))
                {
                    var hello = new Hello { Worker = new WorkerId(member.Name, member.Incarnation).ToWire(), Host = member.Host, Rendezvous = member.Rendezvous, ExchangeAddress = member.ExchangeAddress };
                    var absent = new Member(new AbsentLink(), WorkerId.From(hello.Worker), hello);
                    absent.Begin(rank);
                    _members.Add(absent);
                }

                _returning = true;
                Arm(_options.ReturnTimeout);
                Move(JobState.Running);
                break;
            case RecordedState.Paused:
                _step = Math.Max(_step, record.FirstStep);
                Move(JobState.Paused);
                break;
            case RecordedState.Ended:
                _step = Math.Max(_step, record.FirstStep);
                Gather();
                break;
            default: throw new UnreachableException($"A record in state {record.State}.");
        }
    }

    // A member of before is back, whatever it does by now: its last event is sent again where it has ended.
    private bool Returns(Member? known, IWorkerLink link, WorkerId worker, Hello hello)
    {
        if (known is not { Link: AbsentLink absent } || known.Id != worker || !_epoch.IsOf(hello.Assigned)) return false;
        known.Return(link, hello);
        absent.HandTo(link);
        _known.Add(worker.Name);
        _step = Math.Max(_step, hello.Assigned.Step);
        _furthest = Math.Max(_furthest, _step);
        LogReturned(_logger, _job.Id.Value, worker.Name, known.Rank, hello.Assigned.Step);
        Tell(new WorkerArrived(worker.Name, hello.Process, _members.Count, _wanted.World));
        if (hello.Leaving) TellLeaving(known);
        if (_state == JobState.Running) PartWithLeaving();
        if (!IsAnyAbsent)
        {
            _returning = false;
            if (_state == JobState.Running) Arm(_options.SilenceTimeout);
            else if (_state is JobState.Rescaling or JobState.Ending) Arm(EndBound);
            if (_state == JobState.Running) ReleaseSurplus();
        }

        return true;
    }

    private bool IsAnyAbsent => _members.Exists(member => member.Link is AbsentLink);

    // For the ranks to end; first for them to come back.
    private TimeSpan EndBound => IsAnyAbsent ? _options.ReturnTimeout : _options.EndTimeout;

    // Those that have not come back by now are lost, all at once.
    private void GiveUpOnAbsent()
    {
        _returning = false;
        if (_state is JobState.Rescaling or JobState.Ending) Arm(_options.EndTimeout);
        foreach (var absent in _members.Where(member => member.Link is AbsentLink).ToList())
            if (_members.Contains(absent)) OnLost(absent, $"it did not come back within {Amount.Bound(_options.ReturnTimeout)} of the coordinator's start");
    }

    // Workers that still do what they were once told to, by the hello that they said, with the end of the wait for them; not members yet.
    private readonly Dictionary<IWorkerLink, (Hello Hello, ITimer Bound)> _busy = [];

    // It was given up, and is back: it ends first, for what it holds is what the group may go on from.
    private bool IsBusy(IWorkerLink link, Hello hello)
    {
        if (!hello.RoleRunning || hello.Assigned?.Job != _job.Id.Value) return false;
        RemoveBusy(link);
        _busy[link] = (hello, _time.CreateTimer(_ => _inbox.Writer.TryWrite(new CoordinatorInput.BusyOverdue(link)), null, _options.FenceTimeout, Timeout.InfiniteTimeSpan));
        link.Send(new WorkerCommand { Identity = hello.Assigned, Stop = new StopJob { Reason = "the group goes on without it" } });
        return true;
    }

    private bool IsFreed(IWorkerLink link, WorkerEvent message)
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

    // It does not end; the job does without it.
    private void OnBusyOverdue(IWorkerLink link)
    {
        if (RemoveBusy(link) is not { } hello) return;
        LogBusy(_logger, _job.Id.Value, hello.Worker.Name, Amount.Bound(_options.FenceTimeout));
        _ = link.DisposeAsync().AsTask();
    }

    private Hello? RemoveBusy(IWorkerLink link)
    {
        if (!_busy.Remove(link, out var busy)) return null;
        busy.Bound.Dispose();
        return busy.Hello;
    }

    // Null, or why it could not be kept.
    private string? TryKeep(RecordedState state, IReadOnlyList<Member>? ranks = null)
    {
        try
        {
            _records?.Keep(new JobRecord(
                _epoch.Epoch, state, _grid.ExpertParallel, _grid.Replicas,
                [.. (ranks ?? []).Select(member => new RecordedMember(member.Id.Name, member.Id.Incarnation, member.Hello.Host, member.Hello.Rendezvous, member.Hello.ExchangeAddress))], _step, _furthest)
            {
                Safe = state == RecordedState.Running || !_isSafeKnown ? null : _safe,
                Precision = _precision,
            });
            return null;
        }
        catch (IOException error)
        {
            LogNotKept(_logger, _job.Id.Value, _epoch.Epoch, error.Message);
            return $"epoch {_epoch.Epoch} could not be kept, and is not begun without: {error.Message}";
        }
    }
}
