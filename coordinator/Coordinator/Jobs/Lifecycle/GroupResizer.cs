
namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>Ends a running group after its current step, so that the next epoch has more, fewer or other members.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="membership">Changes the members.</param>
internal sealed class GroupResizer(JobRun run, Membership membership)
{
    /// <summary>
    /// In <see cref="JobPhase.Running"/>: shrinks or grows the group to the requested size, or releases surplus members. After a recovery,
    /// the group grows only once a new step is committed.
    /// </summary>
    /// <param name="reason">Why the size may be wrong, for people.</param>
    public void Adjust(string reason)
    {
        if (run.Job.Recovery is null || TryRegroupWithoutLeaving() || run.Groups.OfStaying is not { } grid) return;
        if (run.Grid.World > run.Requests.Wanted.World)
        {
            run.IsShrinking = true;
            Regroup(reason, StopKind.Saving); // released members take their parts with them
        }
        else if (run.Grid.World < grid.World && run.Progress.IsAdvancing) Regroup(reason, StopKind.Leaving);
        else membership.ReleaseSurplus();
    }

    /// <summary>In <see cref="JobPhase.Running"/>: ends the group after the current step.</summary>
    /// <param name="reason">Why the group changes, for people.</param>
    /// <param name="how">Whether the group ends with a checkpoint or with a recovery point.</param>
    public void Regroup(string reason, StopKind how)
    {
        run.Deadline.Set(run.EndTimeout);
        run.Enter(new JobPhase.Rescaling(how == StopKind.Saving, run.IsAwaitingReturns));
        run.Notify(new RescaleBegan(reason, run.Progress.Step));
        run.SendStop(how, reason);
    }

    /// <summary>
    /// In <see cref="JobPhase.Running"/> or <see cref="JobPhase.Rescaling"/>: ends the group after the current step if ranks leave. It ends
    /// with a recovery point if the others are enough and hold its copies, and with a checkpoint otherwise.
    /// </summary>
    /// <returns>Whether ranks leave.</returns>
    public bool TryRegroupWithoutLeaving()
    {
        string[] leaving =
            [.. run.Members.Ranked.Where(member => member is { IsLeaving: true, IsEnded: false }).Select(member => member.Id.Name)];
        if (leaving.Length == 0) return false;
        var how = run.Groups.IsEnough(run.Groups.OfStaying) && run.Groups.BuddiesStay ? StopKind.Leaving : StopKind.Saving;
        if (run.Phase is JobPhase.Running) Regroup($"{string.Join(", ", leaving)} leave{(leaving.Length == 1 ? "s" : "")}", how);
        else if (how == StopKind.Saving) run.SendStop(how, "more workers leave");
        return true;
    }
}
