using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// Handles each input, by state.
public sealed partial class JobCoordinator
{
    private void OnEvent(IWorkerLink link, WorkerEvent message)
    {
        if (message.EventCase == WorkerEvent.EventOneofCase.Hello)
        {
            OnHello(link, message.Hello);
            return;
        }

        if (message.EventCase == WorkerEvent.EventOneofCase.Leaving)
        {
            OnLeaving(link);
            return;
        }

        if (TryReleaseBusy(link, message)) return;
        switch (_state)
        {
            case JobState.Gathering or JobState.Planning or JobState.Paused:
                Refuse(message, "no epoch is planned");
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Ending:
                if (_members.Find(candidate => candidate.Link == link) is not { IsRanked: true } member)
                    Refuse(message, "the sender is not a member of the group");
                else if (!_epoch.IsOf(message.Identity)) Refuse(message, "the event belongs to another epoch");
                else if (member.IsEnded) Refuse(message, "the sender has already ended");
                else OnReport(member, message);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped:
                Refuse(message, "the job has ended");
                break;
            default: throw new UnreachableException($"An event in state {_state}.");
        }
    }

    private void OnHello(IWorkerLink link, Hello hello)
    {
        var worker = WorkerId.From(hello.Worker);
        var known = _members.Find(member => member.Link == link || member.Id.Name == worker.Name);
        switch (_state)
        {
            case JobState.Gathering or JobState.Paused when hello.Leaving && known is null:
                _ = link.DisposeAsync().AsTask(); // it holds no state that the job needs
                break;
            case JobState.Gathering:
                if (known?.Link == link || known?.Id == worker)
                {
                    LogRefused(_logger, _job.Id.Value, nameof(Hello), $"{worker} has already joined");
                    break;
                }

                if (_job.Recovery is not null && TryHoldUntilIdle(link, hello)) break;
                if (known is not null) Replace(known);
                Admit(link, worker, hello);
                if (_members.Count == _wanted.World + (_job.Recovery?.Spares ?? 0)) Plan(_wanted);
                else if (!_gathersAll) TryPlanFewer();
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Paused
                or JobState.Ending when _job.Recovery is not null:
                if (known?.Link == link || TryReconnect(known, link, worker, hello) || TryHoldUntilIdle(link, hello)) break;
                Admit(link, worker, hello); // before Replace, so that the recovery from the loss can use it
                if (known is not null) Replace(known);
                if (_state == JobState.Running) AdjustSize($"{worker.Name} joined");
                else if (_state == JobState.Recovering && _isAwaitingReplacement) Replan(force: false);
                if (_state != JobState.Running) break;
                DismissLeaving();
                PrepareSpares();
                break;
            case JobState.Planning or JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending
                or JobState.Completed or JobState.Failed or JobState.Stopped:
                LogRefused(_logger, _job.Id.Value, nameof(Hello), $"{worker} is not needed");
                break;
            default: throw new UnreachableException($"A hello in state {_state}.");
        }
    }

    private void OnLinkEnded(IWorkerLink link, string? error)
    {
        RemoveBusy(link);
        if (_members.Find(candidate => candidate.Link == link) is { } member) OnLost(member, error);
    }

    private void OnExited(string worker, string how, int process, bool isRestarted)
    {
        switch (_state)
        {
            case JobState.Gathering when _job.Recovery is null || (!_known.Contains(worker) && !isRestarted):
                Fail(new Failure(FailureCause.JoinFailed) { Worker = worker, Message = how });
                break;
            case JobState.Gathering or JobState.Planning or JobState.Running or JobState.Recovering or JobState.Rescaling
                or JobState.Paused or JobState.Ending:
                if (_members.Find(candidate => candidate.Id.Name == worker) is { } member
                    && (process == 0 || member.Hello.Process is 0 || member.Hello.Process == process)) OnLost(member, how);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A worker exited in state {_state}.");
        }
    }

    // The stream or the process of a worker has ended.
    private void OnLost(Member member, string? how)
    {
        var failure = member.IsRanked
            ? new Failure(FailureCause.WorkerLost) { Rank = member.Rank, Worker = member.Id.Name, Message = how ?? "" }
            : null;
        switch (_state)
        {
            case JobState.Gathering or JobState.Paused:
                Remove(member);
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Ending when _job.Recovery is not null:
                Remove(member);
                if (failure is not null && !(member.IsEnded && _state == JobState.Ending)) Recover(failure);
                else if (_state == JobState.Recovering && _isAwaitingReplacement) Replan(force: false);
                break;
            case JobState.Running or JobState.Ending:
                if (!member.IsEnded) OnRankEnded(member, failure);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A worker was lost in state {_state}.");
        }
    }

    private void OnStopRequested(bool save, string reason)
    {
        switch (_state)
        {
            case JobState.Gathering or JobState.Paused:
                End(JobState.Stopped, reason);
                break;
            case JobState.Running:
                _stop = (save, reason);
                BeginEnding(save);
                break;
            case JobState.Recovering or JobState.Rescaling when save:
                _stop = (save, reason);
                if (_state == JobState.Rescaling) SendStopToRest(StopSaving);
                else if (_isAwaitingReplacement)
                {
                    _isAwaitingReplacement = false; // waits again, with the shorter timeout
                    ReplanIfAllEnded();
                }

                break; // otherwise the next epoch is stopped when it is planned
            case JobState.Recovering or JobState.Rescaling:
                _stop = (save, reason);
                _failure = null;
                BeginEnding(save: false);
                break;
            case JobState.Ending when _stop is null || (_stop is { Save: true } && !save):
                _stop = (save, reason); // in case the job recovers instead of ending
                if (!save) SendStopToRest(StopAtOnce);
                break;
            case JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped: break; // the job ends in any case
            default: throw new UnreachableException($"A request to stop in state {_state}.");
        }
    }

    private void OnDeadline()
    {
        switch (_state)
        {
            case JobState.Gathering when _members.Count >= _wanted.World:
                Plan(_wanted); // spares may join later
                break;
            case JobState.Gathering when TryPlanFewer(): break;
            case JobState.Gathering when _hasRun && _gathersAll:
                _gathersAll = false;
                SetDeadline(_options.GatherTimeout);
                break;
            case JobState.Gathering:
                Fail(new Failure(FailureCause.WorkersMissing)
                {
                    Present = _members.Count, Needed = _wanted.World, Timeout = _options.GatherTimeout
                });
                break;
            case JobState.Running or JobState.Rescaling or JobState.Ending when _isAwaitingReturns || IsAnyAbsent:
                GiveUpOnAbsent();
                break;
            case JobState.Running:
                var silent = new Failure(FailureCause.NoReports) { Timeout = _options.SilenceTimeout };
                if (_job.Recovery is not null) Recover(silent);
                else
                {
                    _failure = silent;
                    BeginEnding(save: false);
                }

                break;
            case JobState.Recovering when _isAwaitingReplacement:
                Replan(force: true);
                break;
            case JobState.Recovering:
                foreach (var late in Ranked.Where(member => !member.IsEnded).ToList()) Evict(late);
                ReplanIfAllEnded();
                break;
            case JobState.Rescaling:
                Recover(new Failure(FailureCause.EndTimeout) { LateRanks = LateRanks, LateTimeout = _options.EndTimeout });
                break;
            case JobState.Ending:
                var ranks = LateRanks;
                var failure = _failure ?? new Failure(FailureCause.EndTimeout) { Rank = ranks[0] };
                Fail(failure with { LateRanks = ranks, LateTimeout = _options.EndTimeout });
                break;
            case JobState.Paused or JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A deadline in state {_state}.");
        }
    }

    private int[] LateRanks => [.. Ranked.Where(member => !member.IsEnded).Select(member => member.Rank).Order()];

    private void Refuse(WorkerEvent message, string reason)
    {
        CoordinatorMetrics.Refuse(reason);
        LogRefused(_logger, _job.Id.Value, message.EventCase.ToString(), reason);
    }
}
