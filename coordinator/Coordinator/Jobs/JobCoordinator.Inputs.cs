using System.Diagnostics;
using Distributed.Coordinator.Links;
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

        if (message.EventCase == WorkerEvent.EventOneofCase.Leaving)
        {
            OnLeaving(link);
            return;
        }

        if (IsFreed(link, message)) return;
        switch (_state)
        {
            case JobState.Gathering or JobState.Planning or JobState.Paused:
                Refuse(message, "nothing is planned yet");
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Ending:
                if (_members.Find(candidate => candidate.Link == link) is not { IsRanked: true } member) Refuse(message, "the sender is no member of the group");
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
        var known = _members.Find(member => member.Link == link || member.Id.Name == worker.Name);
        switch (_state)
        {
            case JobState.Gathering or JobState.Paused when hello.Leaving && known is null:
                _ = link.DisposeAsync().AsTask(); // it brings nothing that is not saved
                break;
            case JobState.Gathering:
                if (known?.Link == link || known?.Id == worker)
                {
                    LogRefused(_logger, _job.Id.Value, nameof(Hello), $"{worker} is here already");
                    break;
                }

                if (_job.Recovery is not null && IsBusy(link, hello)) break;
                if (known is not null) Replace(known);
                Admit(link, worker, hello);
                if (_members.Count == _wanted.World + (_job.Recovery?.Spares ?? 0)) Plan(_wanted);
                else if (!_gathersAll) TryPlanFewer();
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending when _job.Recovery is not null:
                if (known?.Link == link || Returns(known, link, worker, hello) || IsBusy(link, hello)) break;
                Admit(link, worker, hello); // first, so that what follows of the loss can count on it
                if (known is not null) Replace(known);
                if (_state == JobState.Running) Fit($"{worker.Name} has come");
                else if (_state == JobState.Recovering && _awaiting) Replan(force: false);
                if (_state != JobState.Running) break;
                DismissLeaving();
                MakeReady();
                break;
            case JobState.Planning or JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped:
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

    private void OnExited(string worker, string how, int process, bool comesBack)
    {
        switch (_state)
        {
            case JobState.Gathering when _job.Recovery is null || (!_known.Contains(worker) && !comesBack):
                Fail(new Failure(FailureCause.JoinFailed) { Worker = worker, Message = how });
                break;
            case JobState.Gathering or JobState.Planning or JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Paused or JobState.Ending:
                if (_members.Find(candidate => candidate.Id.Name == worker) is { } member && (process == 0 || member.Hello.Process is 0 || member.Hello.Process == process)) OnLost(member, how);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A worker exited in state {_state}.");
        }
    }

    // A worker is here no more: its stream or its process has ended.
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
                if (failure is not null && !(member.Ended && _state == JobState.Ending)) Recover(failure);
                else if (_state == JobState.Recovering && _awaiting) Replan(force: false);
                break;
            case JobState.Running or JobState.Ending:
                if (!member.Ended) OnRankEnded(member, failure);
                break;
            case JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A worker was lost in state {_state}.");
        }
    }

    private void OnStopAsked(bool save, string reason)
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
                if (_state == JobState.Rescaling) TellRestToStop(StopSaving);
                else if (_awaiting)
                {
                    _awaiting = false; // it waits anew, and not as long
                    CheckOut();
                }

                break; // else once the group stands again
            case JobState.Recovering or JobState.Rescaling:
                _stop = (save, reason);
                _failure = null;
                BeginEnding(save: false);
                break;
            case JobState.Ending when _stop is null || (_stop is { Save: true } && !save):
                _stop = (save, reason); // should the end become a recovery
                if (!save) TellRestToStop(StopAtOnce);
                break;
            case JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped: break; // it ends anyhow
            default: throw new UnreachableException($"A request to stop in state {_state}.");
        }
    }

    private void OnDeadline()
    {
        switch (_state)
        {
            case JobState.Gathering when _members.Count >= _wanted.World:
                Plan(_wanted); // spares may come later
                break;
            case JobState.Gathering when TryPlanFewer(): break;
            case JobState.Gathering when _hasRun && _gathersAll:
                _gathersAll = false;
                Arm(_options.GatherTimeout);
                break;
            case JobState.Gathering:
                Fail(new Failure(FailureCause.WorkersMissing) { Present = _members.Count, Needed = _wanted.World, Bound = _options.GatherTimeout });
                break;
            case JobState.Running or JobState.Rescaling or JobState.Ending when _returning || IsAnyAbsent:
                GiveUpOnAbsent();
                break;
            case JobState.Running:
                var silent = new Failure(FailureCause.NoReports) { Bound = _options.SilenceTimeout };
                if (_job.Recovery is not null) Recover(silent);
                else
                {
                    _failure = silent;
                    BeginEnding(save: false);
                }

                break;
            case JobState.Recovering when _awaiting:
                Replan(force: true);
                break;
            case JobState.Recovering:
                foreach (var late in Ranked.Where(member => !member.Ended).ToList()) Evict(late);
                CheckOut();
                break;
            case JobState.Rescaling:
                Recover(new Failure(FailureCause.EndTimeout) { LateRanks = LateRanks, LateBound = _options.EndTimeout });
                break;
            case JobState.Ending:
                var ranks = LateRanks;
                var failure = _failure ?? new Failure(FailureCause.EndTimeout) { Rank = ranks[0] };
                Fail(failure with { LateRanks = ranks, LateBound = _options.EndTimeout });
                break;
            case JobState.Paused or JobState.Completed or JobState.Failed or JobState.Stopped: break;
            default: throw new UnreachableException($"A deadline in state {_state}.");
        }
    }

    private int[] LateRanks => [.. Ranked.Where(member => !member.Ended).Select(member => member.Rank).Order()];

    private void Refuse(WorkerEvent message, string reason)
    {
        CoordinatorMetrics.Refuse(reason);
        LogRefused(_logger, _job.Id.Value, message.EventCase.ToString(), reason);
    }
}
