using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A step is committed by all ranks of one epoch from one state: no step twice in an epoch, none skipped. No member of the newest epoch
/// commits in another one. A worker that the coordinator has given up may still commit in its old epoch until it detects that.
/// </summary>
internal sealed class StepsFollowEachOther(SimulatedWorld world) : Invariant
{
    private readonly Dictionary<long, CommittedStep> _heads = [];

    public override string Statement => "a step is committed once in an epoch, by all of its ranks, after the one before";

    public override void OnBarrier(BarrierRegistry group, RankBarrier barrier)
    {
        foreach (var arrival in barrier.Arrivals)
            Require(
                arrival!.Role.Epoch == group.Epoch,
                $"{arrival.Role.Worker.Id} of epoch {arrival.Role.Epoch} is at barrier {barrier.Tag} of epoch {group.Epoch}");
        if (barrier.Tag.Kind == BarrierKind.Restore)
        {
            _heads.Add(group.Epoch, barrier.Result!);
            return;
        }

        if (barrier.Tag.Kind == BarrierKind.Join) return;
        foreach (var arrival in barrier.Arrivals)
            Require(
                arrival!.State == _heads[group.Epoch],
                $"rank {arrival.Role.Rank} of epoch {group.Epoch} is at {barrier.Tag} with {arrival.State}, not {_heads[group.Epoch]}");
        if (barrier.Tag.Kind != BarrierKind.Commit || barrier.Result is not { } step) return;
        Require(
            group.Epoch == world.NewestEpoch || !group.Plan.Members.Any(world.NewestGroup.Plan.Members.Contains),
            $"epoch {group.Epoch} commits step {step.Step}, and some of its ranks are members of the newer epoch {world.NewestEpoch}");
        Require(
            step.Previous == _heads[group.Epoch] && step.Step == step.Previous.Step + 1,
            $"epoch {group.Epoch} commits {step} after {_heads[group.Epoch]}");
        _heads[group.Epoch] = step;
    }
}
