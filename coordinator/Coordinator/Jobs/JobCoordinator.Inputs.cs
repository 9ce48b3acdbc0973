using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// What each input does in each state.
public sealed partial class JobCoordinator
{
    private void OnEvent(IWorkerLink link, WorkerEvent message)
    {
        if (message.EventCase == WorkerEvent.EventOneofCase.Hello)
        {
            OnHello(link, message.Hello);
            return;
        }

        switch (_state)
        {
            case JobState.Gathering or JobState.Planning:
                Refuse(message, "nothing is planned yet");
                break;
            case JobState.Running or JobState.Ending:
                if (_members.Find(candidate => candidate.Link == link) is not { } member) Refuse(message, "the sender is no member of the group");
                else if (!_epoch.IsOf(message.Identity)) Refuse(message, "it speaks of another epoch");
                else if (member.Ended) Refuse(message, "its sender had ended");
                else OnReport(member, message);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped:
                Refuse(message, "the job is over");
                break;
            default: throw new UnreachableException($"An event in state {_state}.");
        }
    }

    private void OnHello(IWorkerLink link, Hello hello)
    {
        var worker = WorkerId.From(hello.Worker);
        switch (_state)
        {
            case JobState.Gathering:
                // A stream says hello once, and a name belongs to the first that has it.
                if (_members.Exists(member => member.Link == link || member.Id.Name == worker.Name))
                {
                    LogRefused(_logger, _job.Id.Value, nameof(Hello), $"{worker} is here already");
                    break;
                }

                _members.Add(new Member(link, worker, hello));
                LogArrival(_logger, _job.Id.Value, worker.Name, _members.Count, _job.Plan.Grid.World);
                _observer.On(new WorkerArrived(worker.Name, _members.Count, _job.Plan.Grid.World));
                if (_members.Count == _job.Plan.Grid.World) Plan();
                break;
            case JobState.Planning or JobState.Running or JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped:
                LogRefused(_logger, _job.Id.Value, nameof(Hello), $"{worker} is not needed");
                break;
            default: throw new UnreachableException($"A hello in state {_state}.");
        }
    }

    private void OnLinkEnded(IWorkerLink link, string? error)
    {
        if (_members.Find(candidate => candidate.Link == link) is not { } member) return;
        switch (_state)
        {
            case JobState.Gathering:
                LogGone(_logger, _job.Id.Value, member.Id.ToString());
                _members.Remove(member);
                _observer.On(new WorkerLeft(member.Id.Name, _members.Count, _job.Plan.Grid.World));
                break;
            case JobState.Running or JobState.Ending:
                if (member.Ended) break;
                OnRankEnded(member, new Failure(
                    $"rank {member.Rank} ({member.Id.Name}) went away{(error is null ? "" : ": " + error)}", member.Rank));
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A link ended in state {_state}.");
        }
    }

    private void OnExited(string worker, string how)
    {
        switch (_state)
        {
            case JobState.Gathering:
                var failure = new Failure($"{worker} could not join: {how}", null);
                End(JobState.Failed, failure.Reason, failure);
                break;
            case JobState.Running or JobState.Ending:
                if (_members.Find(candidate => candidate.Id.Name == worker) is { Ended: false } member)
                    OnRankEnded(member, new Failure($"rank {member.Rank} ({worker}) went away: {how}", member.Rank));
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A worker exited in state {_state}.");
        }
    }

    private void OnStopAsked(bool save, string reason)
    {
        switch (_state)
        {
            case JobState.Gathering:
                End(JobState.Stopped, reason);
                break;
            case JobState.Running:
                _stopReason = reason;
                BeginEnding(save);
                break;
            case JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped: break; // it ends anyhow
            default: throw new UnreachableException($"A request to stop in state {_state}.");
        }
    }

    private void OnDeadline()
    {
        switch (_state)
        {
            case JobState.Gathering:
                var missing = new Failure($"only {_members.Count} of {_job.Plan.Grid.World} workers came within {Readable(_options.GatherTimeout)}", null);
                End(JobState.Failed, missing.Reason, missing);
                break;
            case JobState.Running:
                _failure = new Failure($"no rank has reported anything for {Readable(_options.SilenceTimeout)}", null);
                BeginEnding(save: false);
                break;
            case JobState.Ending:
                var late = _members.Where(member => !member.Ended).Select(member => member.Rank).Order().ToArray();
                var reason = $"rank{(late.Length == 1 ? "" : "s")} {string.Join(", ", late)} did not end within {Readable(_options.EndTimeout)}";
                var failure = _failure is null ? new Failure(reason, late[0]) : _failure with { Reason = $"{_failure.Reason}; {reason}" };
                End(JobState.Failed, failure.Reason, failure);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A deadline in state {_state}.");
        }
    }

    private void Plan()
    {
        Move(JobState.Planning);
        ExecutionPlan plan;
        try
        {
            plan = ExecutionPlan.Create(_job.Plan, _placement);
        }
        catch (ArgumentException impossible)
        {
            var failure = new Failure($"the job cannot be planned: {impossible.Message}", null);
            End(JobState.Failed, failure.Reason, failure);
            return;
        }

        _members.Sort(ByName);
        for (var rank = 0; rank < _members.Count; rank++) _members[rank].Rank = rank;
        var exchange = ExchangeChoice.Of(_job.Exchange, _members, out var problem);
        if (problem is not null)
        {
            var failure = new Failure($"the workers have no way to exchange: {problem}", null);
            End(JobState.Failed, failure.Reason, failure);
            return;
        }

        _observer.On(new PlanMade(plan, [.. _members.Select(member => member.Id.Name)]));
        foreach (var member in _members) member.Link.Send(Assignment(plan, member, exchange));
        Arm(_options.SilenceTimeout);
        Move(JobState.Running);
    }

    // worker-10 comes after worker-2.
    private static int ByName(Member a, Member b) =>
        a.Id.Name.Length != b.Id.Name.Length ? a.Id.Name.Length.CompareTo(b.Id.Name.Length) : string.CompareOrdinal(a.Id.Name, b.Id.Name);

    private void Refuse(WorkerEvent message, string reason)
    {
        CoordinatorMetrics.Refuse(reason);
        LogRefused(_logger, _job.Id.Value, message.EventCase.ToString(), reason);
    }

    private static string Readable(TimeSpan span) => span.TotalMinutes >= 1 ? $"{span.TotalMinutes:0.#} min" : $"{span.TotalSeconds:0.#} s";
}
