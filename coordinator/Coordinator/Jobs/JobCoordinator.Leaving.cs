using System.Diagnostics;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// Workers that were asked to leave. Each is dismissed once its state is held elsewhere: by the remaining ranks or, if these are too few, in
// a checkpoint.
public sealed partial class JobCoordinator
{
    private IReadOnlyList<Member> Staying => [.. _members.Where(member => !member.IsLeaving)];

    // The grid of the members that stay, of at most the requested size.
    private RankGrid? FittingGrid => Grids.Fitting(Math.Min(Staying.Count, _wanted.World), _job.Plan);

    private void OnLeaving(IWorkerLink link)
    {
        if (_busy.TryGetValue(link, out var busy)) busy.Hello.Leaving = true; // it is not a member yet
        if (_members.Find(candidate => candidate.Link == link) is not { IsLeaving: false } member) return;
        member.IsLeaving = true;
        NotifyLeaving(member);
        if (_job.StopsWhenWorkerLeaves || _job.Recovery is null)
        {
            OnStopRequested(save: true, $"{member.Id.Name} was interrupted");
            return;
        }

        switch (_state)
        {
            case JobState.Gathering or JobState.Paused:
                Dismiss(member);
                break;
            case JobState.Running or JobState.Rescaling:
                if (!member.IsRanked) Dismiss(member);
                else RegroupWithoutLeaving();
                break;
            case JobState.Recovering:
                if (_isAwaitingReplacement) Replan(force: false); // otherwise after all ranks have left their exchange
                break;
            case JobState.Planning or JobState.Ending or JobState.Completed or JobState.Failed or JobState.Stopped:
                break; // dismissed when the job ends
            default: throw new UnreachableException($"A worker leaves in state {_state}.");
        }
    }

    private void NotifyLeaving(Member member)
    {
        LogLeaving(_logger, _job.Id.Value, member.Id.ToString());
        Notify(new WorkerLeaving(member.Id.Name, member.Hello.Process, member.IsRanked ? member.Rank : null));
    }

    // Running or Rescaling. Returns whether ranks leave; the group then ends after the current step.
    private bool RegroupWithoutLeaving()
    {
        string[] leaving = [.. Ranked.Where(member => member is { IsLeaving: true, IsEnded: false }).Select(member => member.Id.Name)];
        if (leaving.Length == 0) return false;
        Action<StopJob> how = IsEnough(FittingGrid) && BuddiesStay ? StopLeaving : StopSaving;
        if (_state == JobState.Running) Regroup($"{string.Join(", ", leaving)} leave{(leaving.Length == 1 ? "s" : "")}", how);
        else if (how == StopSaving) SendStopToRest(how, "more workers leave");
        return true;
    }

    private bool IsEnough(RankGrid? grid) => grid is not null && grid.World >= _job.Recovery!.MinWorkers;

    // Whether the buddy of each leaving rank stays.
    private bool BuddiesStay
    {
        get
        {
            Member[] ranks = [.. Ranked.OrderBy(member => member.Rank)];
            var shift = Buddies.Shift([.. ranks.Select(member => member.Hello.Host)]);
            return ranks.All(rank => !rank.IsLeaving || !ranks[(rank.Rank + shift) % ranks.Length].IsLeaving);
        }
    }

    // Whether the members hold a newer state than the checkpoint.
    private bool IsUnsaved => IsUnsavedAmong(_members);

    private bool IsUnsavedAmong(IReadOnlyList<Member> members) =>
        HeldRecoveryPoints.Newest(members) is { } held && held.Step > (_checkpoint?.Step ?? 0);

    // Dismisses the leaving members that have no rank.
    private void DismissLeaving()
    {
        foreach (var member in _members.Where(member => member is { IsLeaving: true, IsRanked: false }).ToList()) Dismiss(member);
    }

    private void Dismiss(Member member)
    {
        Remove(member);
        _ = member.Link.DisposeAsync().AsTask();
    }
}
