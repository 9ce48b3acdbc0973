using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>Every layer has each expert once in each replica, and all members of an epoch receive the same plan.</summary>
internal sealed class EveryExpertHasOneOwner : Invariant
{
    private (long Epoch, AssignPlan Plan)? _known;

    public override string Statement => "every expert has exactly one owner in an epoch";

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        if (_known is { } known && known.Epoch == identity.Epoch)
        {
            Require(
                plan.Placement.Equals(known.Plan.Placement) && plan.Members.Equals(known.Plan.Members)
                    && plan.Start.Equals(known.Plan.Start),
                $"{worker.Id} receives another plan than the other members of epoch {identity.Epoch}");
            return;
        }

        _known = (identity.Epoch, plan);
        var replicas = Math.Max(1, plan.Replicas);
        foreach (var layer in plan.Placement)
        {
            Require(layer.Ranks.Count == plan.World, $"layer {layer.Layer} has {layer.Ranks.Count} shares for {plan.World} ranks");
            var size = plan.World / replicas;
            for (var replica = 0; replica < replicas; replica++)
            {
                var owned = layer.Ranks.Skip(replica * size).Take(size).SelectMany(rank => rank.Experts).Order().ToList();
                Require(
                    owned.SequenceEqual(Enumerable.Range(0, owned.Count)) && owned.Count >= 16,
                    $"layer {layer.Layer}, replica {replica}: experts {string.Join(',', owned)}");
            }
        }
    }
}
