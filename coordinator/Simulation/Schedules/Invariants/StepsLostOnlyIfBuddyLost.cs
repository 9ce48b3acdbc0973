using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>A group goes on from the newest state that those who are here have, members or not; steps are lost only where everybody who had some part of a later one has gone.</summary>
internal sealed class StepsLostOnlyIfBuddyLost(SimulatedWorld world) : Invariant
{
    private long _confirmed = world.Scenario.Root.Step;
    private EpochBegan? _began;
    private bool _isSure = true;

    public override string Statement => "no step is lost unless an owner and its buddy were";

    // A new coordinator does not know which recovery points a group that may be at work has taken: it counts all that a checkpoint lacks.
    public override void OnRestart(JobRecord? record) => _isSure = record?.Safe is not null;

    public override void OnConfirmed(RecoveryMoment moment) => _confirmed = Math.Max(_confirmed, moment.Step);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not EpochBegan began) return;
        _began = began;
        Require(!_isSure || began.Lost == 0 || began.FromStep < _confirmed, $"{began.Lost} steps are said to be lost, and step {began.FromStep} is as far as any recovery point went");
    }

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        if (_began is not { } began || began.Epoch != identity.Epoch) return;
        // A coordinator that was started again does not know what those without a rank have, or one whose name another has had since.
        var here = world.Workers.Where(each => each.IsAlive && each.Link.IsOpen && (world.Served is null || world.IsMember(each)) && (!world.WasRestarted || (plan.Members.Contains(each.Id.ToWire()) && IsLast(each)))).ToList();
        foreach (var moment in here.SelectMany(each => each.Memory.All).Select(part => part.Moment).Where(moment => moment.Step > identity.Step).Distinct())
            Require(!Enumerable.Range(0, moment.World).All(owner => here.Exists(each => each.Memory.Find(moment, owner) is not null)), $"epoch {identity.Epoch} goes on from step {identity.Step}, and those who are here have all of {moment}");

        bool IsLast(LedgerWorker worker) => !world.Workers.Any(other => other.Id.Name == worker.Id.Name && other.Process > worker.Process);

        _began = null; // once for all of its members
        (_confirmed, _isSure) = (identity.Step, true);
    }
}
