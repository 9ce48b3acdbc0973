using Distributed.Protocol;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// The state that a group resumes from is held by its members or is in a checkpoint. It is one state, of the step in the members' plans.
/// </summary>
internal sealed class StatesExist(SimulatedWorld world) : Invariant
{
    public override string Statement => "the state that a group resumes from exists";

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        switch (plan.Start.FromCase)
        {
            case Start.FromOneofCase.Recover:
                var id = LedgerPointId.Of(plan.Start.Recover);
                Require(
                    id.Step == identity.Step && plan.Start.Recover.Holders.Count == id.World,
                    $"{id} for step {identity.Step}, by {plan.Start.Recover.Holders.Count} holders");
                if (!worker.IsAlive) break; // its memory is lost, which the group detects later
                for (var owner = 0; owner < id.World; owner++)
                    Require(
                        plan.Start.Recover.Holders[owner] != plan.Rank || worker.Memory.Find(id, owner) is not null,
                        $"{worker.Id} is the holder of rank {owner}'s part of {id}, and has [{string.Join(", ", worker.Memory.All)}]");
                break;
            case Start.FromOneofCase.Resume:
                var found = world.Checkpoints.Find(plan.Start.Resume.Checkpoint);
                Require(
                    found is not null && found.Step == identity.Step,
                    $"{plan.Start.Resume.Checkpoint} for step {identity.Step} holds {found}");
                break;
            default:
                Require(identity.Step == 0 && world.Scenario.Root.Step == 0, $"the beginning, for step {identity.Step}");
                break;
        }
    }

    public override void OnBarrier(BarrierRegistry group, RankBarrier barrier)
    {
        if (barrier.Tag.Kind != BarrierKind.Restore) return;
        var states = barrier.Arrivals.SelectMany(arrival => arrival!.Gives!).Distinct().ToList();
        Require(states.Count == 1, $"epoch {group.Epoch} restores from {string.Join(" and ", states)}");
    }
}
