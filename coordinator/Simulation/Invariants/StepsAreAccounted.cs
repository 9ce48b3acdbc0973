using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Simulation.Invariants;

/// <summary>Repeated steps are counted once, and are no more than the steps between two recovery points.</summary>
internal sealed class StepsAreAccounted(SimulatedWorld world) : Invariant
{
    private bool _isSure = true;
    private long _known = world.Scenario.Root.Step;

    public override string Statement => "repeated steps are counted once";

    // Until a new coordinator has begun an epoch of its own, it does not know the last step of a group that may be running.
    public override void OnRestart(JobRecord? record) => _isSure &= record is { State: RecordedState.Ended };

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step } step })
            _known = Math.Max(_known, step.Identity.Step);
        if (notice is not EpochBegan began) return;
        _known = Math.Max(_known, began.FromStep); // the group's state may include steps that no surviving rank reported
        Require(
            !_isSure || began.Replayed + began.Lost == _known - began.FromStep,
            $"epoch {began.Epoch} resumes from step {began.FromStep}, after {_known}; {began.Replayed} steps replayed, {began.Lost} lost");
        var every = Math.Max(1, world.Scenario.Job.Recovery!.Every);
        Require(
            !_isSure || began.Lost > 0 || began.Replayed <= every,
            $"{began.Replayed} steps are replayed, with a recovery point every {every}");
        (_known, _isSure) = (began.FromStep, true);
    }

    public override void OnEnd(JobOutcome outcome)
    {
        // The checkpoint that is found at the end may be of a step that no surviving rank reported.
        var isFound = outcome.Step > _known && world.Checkpoints.Latest?.Step == outcome.Step;
        Require(
            !_isSure || isFound || outcome.Step + outcome.StepsLost == _known,
            $"the job is reported to have reached step {outcome.Step}, and it reached step {_known}");
    }
}
