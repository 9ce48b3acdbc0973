using Distributed.Planning.Batches;
using Distributed.Protocol;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Exchanges;

/// <summary>
/// The exchange of one epoch. Ranks pass a barrier at different times. Results of a lost rank that have not reached the other ranks are
/// lost, and these detect the loss at different times: a step may be committed on some ranks only. No barrier completes afterwards.
/// </summary>
internal sealed class BarrierRegistry(SimulatedWorld world, long epoch, AssignPlan plan, SeededRandom random)
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMicroseconds(50), Latest = TimeSpan.FromMilliseconds(30),
        LatestNotice = TimeSpan.FromSeconds(3);

    private readonly Dictionary<BarrierTag, RankBarrier> _barriers = [];
    private readonly List<LedgerRole> _roles = [];
    private int? _lost;

    public long Epoch => epoch;

    public AssignPlan Plan => plan;

    /// <summary>The samples of each rank.</summary>
    public SequenceShares Shares { get; } = new(world.Scenario.Job.Plan.GlobalBatch, world.Scenario.Job.Plan.Accumulation, plan.World);

    /// <summary>Adds a rank of the group that begins its role.</summary>
    public void Enter(LedgerRole role) => _roles.Add(role);

    /// <summary>Adds a rank to a barrier. The rank continues when all ranks have arrived, unless one of them departs before.</summary>
    public void Arrive(BarrierTag tag, Arrival arrival, Action<RankBarrier> then)
    {
        var role = arrival.Role;
        if (_lost is { } before && role.Group == this) Notify(role, before, Latest);
        if (role.Rank >= plan.World) return;
        if (!_barriers.TryGetValue(tag, out var barrier)) _barriers[tag] = barrier = new RankBarrier(tag, plan.World);
        if (barrier.IsComplete) return; // too late: the barrier completed with another arrival of this rank
        barrier.Arrivals[role.Rank] ??= arrival;
        barrier.Waiting.Add((role, then));
        if (_lost is null && barrier.Arrivals.All(each => each is not null)) Complete(barrier);
    }

    /// <summary>Returns the first rank that has not reached a barrier; null if the barrier is complete or unknown.</summary>
    public int? Missing(BarrierTag tag) =>
        _barriers.GetValueOrDefault(tag) is not { } barrier
            ? null : Array.IndexOf(barrier.Arrivals, null) is >= 0 and var rank ? rank : null;

    /// <summary>Removes a rank that leaves before the end: it was killed, has failed, or was ordered to stop at once.</summary>
    public void Depart(LedgerRole lost)
    {
        _lost ??= lost.Rank;
        var latest = lost.Worker.IsAlive ? Latest : LatestNotice;
        foreach (var barrier in _barriers.Values)
            if (barrier.IsComplete) barrier.Waiting.RemoveAll(each => each.Role == lost || random.NextChance(500)); // in flight
        foreach (var role in _roles)
            if (role != lost) Notify(role, lost.Rank, latest);
    }

    private void Notify(LedgerRole role, int lost, TimeSpan latest) =>
        role.Worker.RunAfter(random.NextLogUniform(Soonest, latest), () => role.LosePeer(lost));

    private void Complete(RankBarrier barrier)
    {
        barrier.IsComplete = true;
        world.Settle(this, barrier);
        foreach (var waiting in barrier.Waiting.ToArray())
        {
            waiting.Role.Worker.RunAfter(random.NextLogUniform(Soonest, Latest), () =>
            {
                if (barrier.Waiting.Remove(waiting)) waiting.Then(barrier);
            });
        }
    }
}
