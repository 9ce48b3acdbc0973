using Distributed.Protocol;
using Distributed.Simulation.Schedules.Exchanges;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>What a group is to go on from is in its members' memory or in a checkpoint, and is one state, of the step that they are told.</summary>
internal sealed class StatesExist(SimulatedWorld world) : Invariant
{
    public override string Statement => "the state that a group goes on from exists";

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        switch (plan.Start.FromCase)
        {
            case Start.FromOneofCase.Recover:
                var moment = RecoveryMoment.Of(plan.Start.Recover);
                Require(moment.Step == identity.Step && plan.Start.Recover.Holders.Count == moment.World, $"{moment} for step {identity.Step}, by {plan.Start.Recover.Holders.Count} holders");
                if (!worker.IsAlive) break; // its memory is gone, which will be noticed
                for (var owner = 0; owner < moment.World; owner++)
                    Require(plan.Start.Recover.Holders[owner] != plan.Rank || worker.Memory.Find(moment, owner) is not null, $"{worker.Id} is to give rank {owner}'s part of {moment}, and has [{string.Join(", ", worker.Memory.All)}]");
                break;
            case Start.FromOneofCase.Resume:
                var found = world.Shelf.Find(plan.Start.Resume.Checkpoint);
                Require(found is not null && found.Step == identity.Step, $"{plan.Start.Resume.Checkpoint} for step {identity.Step} holds {found}");
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
        Require(states.Count == 1, $"epoch {group.Epoch} is put together from {string.Join(" and ", states)}");
    }
}
