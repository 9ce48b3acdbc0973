using Distributed.Planning;
using Distributed.Planning.Placement;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>The groups that the present members of a job can form. All properties follow from the current members.</summary>
/// <param name="members">The members.</param>
/// <param name="job">The job.</param>
/// <param name="wanted">The requested grid.</param>
/// <param name="current">The grid of the current or previous epoch.</param>
/// <param name="savedStep">Number of steps committed in the newest checkpoint; 0 without one.</param>
internal readonly struct PossibleGroups(GroupMembers members, JobSpecification job, RankGrid wanted, RankGrid current, long savedStep)
{
    /// <summary>The grid of the members that stay, of at most the requested size; null if they are too few for any.</summary>
    public RankGrid? OfStaying => Grids.Fitting(Math.Min(members.StayingCount, wanted.World), job.Plan);

    /// <summary>
    /// The grid with which the job can continue, larger than requested if the newest state would be lost otherwise; null if too few members
    /// are present.
    /// </summary>
    public RankGrid? Usable => Next(out _) is { } grid && IsEnough(grid) ? grid : null;

    /// <summary>
    /// The grid of all members if they hold a newer state than the checkpoint, which they can save even if they are too few to continue;
    /// null if they do not.
    /// </summary>
    public RankGrid? ToSave => OfAll is { } grid && IsUnsavedAmong(Seated(grid)) ? grid : null;

    /// <summary>Whether the buddy of each leaving rank stays, so that no part of a recovery point is lost if the ranks leave.</summary>
    public bool BuddiesStay
    {
        get
        {
            Member[] ranks = [.. members.Ranked.OrderBy(member => member.Rank)];
            var shift = Buddies.Shift([.. ranks.Select(member => member.Hello.Host)]);
            return ranks.All(rank => !rank.IsLeaving || !ranks[(rank.Rank + shift) % ranks.Length].IsLeaving);
        }
    }

    private RankGrid? OfAll => Grids.Fitting(members.Count, job.Plan);

    /// <summary>Whether a grid has as many ranks as the job needs to continue.</summary>
    /// <param name="grid">The grid; null for none.</param>
    public bool IsEnough(RankGrid? grid) => grid is not null && grid.World >= (job.Recovery?.MinWorkers ?? 1);

    /// <summary>
    /// Returns the grid of the next epoch; null if no grid is possible. The grid includes leaving workers only if their state would be lost
    /// otherwise, and then only to save it.
    /// </summary>
    /// <param name="isToSave">Whether leaving workers are included, so that the epoch is to save before they leave.</param>
    public RankGrid? Next(out bool isToSave)
    {
        var few = OfStaying;
        var dropsNewest = few is not null && DropsNewestState(few);
        isToSave = members.IsAnyLeaving && IsUnsavedAmong(members.All) && (dropsNewest || !IsEnough(few));
        return isToSave || dropsNewest ? OfAll : few;
    }

    // Whether only members that would get no rank hold some part of the newest state. They then stay until a checkpoint is saved.
    private bool DropsNewestState(RankGrid grid) => HeldRecoveryPoints.Newest(members.All) is { } all && all.Step > savedStep
        && all.Step > (HeldRecoveryPoints.Newest(Seated(grid))?.Step ?? -1);

    private bool IsUnsavedAmong(IReadOnlyList<Member> group) => HeldRecoveryPoints.Newest(group) is { } held && held.Step > savedStep;

    private IReadOnlyList<Member> Seated(RankGrid grid) => members.OrderByRank(grid.World, current.World)[..grid.World];
}
