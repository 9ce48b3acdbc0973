using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A group resumes from the newest state that the present workers hold, members or not. Steps are lost only if every holder of some part of
/// a later state was lost.
/// </summary>
internal sealed class StepsLostOnlyIfBuddyLost(SimulatedWorld world) : Invariant
{
    private long _confirmed = world.Scenario.Root.Step;
    private EpochBegan? _began;
    private bool _isSure = true;

    public override string Statement => "no step is lost unless an owner and its buddy were both lost";

    // A new coordinator does not know the recovery points of a group that may be running: it counts every step that a checkpoint lacks.
    public override void OnRestart(JobRecord? record) => _isSure = record?.Safe is not null;

    public override void OnConfirmed(LedgerPointId id) => _confirmed = Math.Max(_confirmed, id.Step);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not EpochBegan began) return;
        _began = began;
        Require(
            !_isSure || began.Lost == 0 || began.FromStep < _confirmed,
            $"{began.Lost} steps are reported as lost, and step {began.FromStep} is that of the newest recovery point");
    }

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        if (_began is not { } began || began.Epoch != identity.Epoch) return;
        // A restarted coordinator does not know the parts of workers without a rank, or of a worker whose name another one has used since.
        var present = world.Workers.Where(each => each.IsAlive && each.Link.IsOpen && (world.Served is null || world.IsMember(each))
            && (!world.WasRestarted || (plan.Members.Contains(each.Id.ToWire()) && IsLast(each)))).ToList();
        foreach (var id in present.SelectMany(each => each.Memory.All).Select(part => part.Id)
            .Where(id => id.Step > identity.Step).Distinct())
            Require(
                !Enumerable.Range(0, id.World).All(owner => present.Exists(each => each.Memory.Find(id, owner) is not null)),
                $"epoch {identity.Epoch} resumes from step {identity.Step}, and the present workers have all parts of {id}");

        bool IsLast(LedgerWorker worker) => !world.Workers.Any(other => other.Id.Name == worker.Id.Name && other.Process > worker.Process);

        _began = null; // checked once for all members of the epoch
        (_confirmed, _isSure) = (identity.Step, true);
    }
}
