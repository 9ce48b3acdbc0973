using Distributed.Planning.Batches;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Exchanges;

/// <summary>
/// The exchange of one epoch. Ranks come past a meeting at different moments; one that goes away takes with it what has not reached the
/// others yet, who hear of that in their own time: so a step may be committed for some of them only. Nothing new is agreed on afterwards.
/// </summary>
internal sealed class BarrierRegistry(SimulatedWorld world, long epoch, AssignPlan plan, SeededRandom draw)
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMicroseconds(50), Latest = TimeSpan.FromMilliseconds(30), LatestNotice = TimeSpan.FromSeconds(3);

    private readonly Dictionary<BarrierTag, RankBarrier> _barriers = [];
    private readonly List<LedgerRole> _roles = [];
    private int? _gone;

    public long Epoch => epoch;

    public AssignPlan Plan => plan;

    /// <summary>Which samples each rank takes.</summary>
    public SequenceShares Shares { get; } = new(world.Scenario.Job.Plan.GlobalBatch, world.Scenario.Job.Plan.Accumulation, plan.World);

    /// <summary>A rank of the group begins its role.</summary>
    public void Enter(LedgerRole role) => _roles.Add(role);

    /// <summary>A rank has come to a meeting; it goes on once all have, if none of them goes away before.</summary>
    public void Arrive(BarrierTag tag, Arrival arrival, Action<RankBarrier> then)
    {
        var role = arrival.Role;
        if (_gone is { } before && role.Group == this) Notify(role, before, Latest);
        if (role.Rank >= plan.World) return;
        if (!_barriers.TryGetValue(tag, out var barrier)) _barriers[tag] = barrier = new RankBarrier(tag, plan.World);
        if (barrier.IsComplete) return; // too late: it was for another one
        barrier.Arrivals[role.Rank] ??= arrival;
        barrier.Waiting.Add((role, then));
        if (_gone is null && barrier.Arrivals.All(each => each is not null)) Complete(barrier);
    }

    /// <summary>Who has not come to a meeting.</summary>
    public int? Missing(BarrierTag tag) => _barriers.GetValueOrDefault(tag) is not { } barrier ? null : Array.IndexOf(barrier.Arrivals, null) is >= 0 and var rank ? rank : null;

    /// <summary>A rank has gone before the end: it is dead, has failed, or was told to stop at once.</summary>
    public void Depart(LedgerRole gone)
    {
        _gone ??= gone.Rank;
        var latest = gone.Worker.IsAlive ? Latest : LatestNotice;
        foreach (var barrier in _barriers.Values)
            if (barrier.IsComplete) barrier.Waiting.RemoveAll(each => each.Role == gone || draw.Chance(500)); // on its way when it went
        foreach (var role in _roles)
            if (role != gone) Notify(role, gone.Rank, latest);
    }

    private void Notify(LedgerRole role, int gone, TimeSpan latest) => role.Worker.In(draw.Spread(Soonest, latest), () => role.LosePeer(gone));

    private void Complete(RankBarrier barrier)
    {
        barrier.IsComplete = true;
        world.Settle(this, barrier);
        foreach (var waiting in barrier.Waiting.ToArray())
        {
            waiting.Role.Worker.In(draw.Spread(Soonest, Latest), () =>
            {
                if (barrier.Waiting.Remove(waiting)) waiting.Then(barrier);
            });
        }
    }
}
