using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>No epoch is planned twice, and none after a later one.</summary>
internal sealed class EpochsIncrease : Invariant
{
    private readonly Dictionary<LedgerWorker, long> _last = [];
    private long _newest;

    public override string Statement => "epochs increase";

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        Require(identity.Epoch >= _newest, $"epoch {identity.Epoch} is planned after {_newest}");
        Require(
            identity.Epoch > _last.GetValueOrDefault(worker),
            $"{worker.Id} is assigned epoch {identity.Epoch} after {_last.GetValueOrDefault(worker)}");
        (_newest, _last[worker]) = (identity.Epoch, identity.Epoch);
    }
}
