using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>Steps that are done once more are told once, and are no more than there are between two recovery points.</summary>
internal sealed class StepsAreAccounted(SimulatedWorld world) : Invariant
{
    private bool _isSure = true;
    private long _known = world.Scenario.Root.Step;

    public override string Statement => "steps that are done once more are counted once";

    // Until it has begun an epoch of its own, a new coordinator does not know how far a group that may be at work has come.
    public override void OnRestart(JobRecord? record) => _isSure &= record is { State: RecordedState.Ended };

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step } step }) _known = Math.Max(_known, step.Identity.Step);
        if (notice is not EpochBegan began) return;
        _known = Math.Max(_known, began.FromStep); // what it goes on from tells of steps that nobody lived to tell of
        Require(!_isSure || began.Replayed + began.Lost == _known - began.FromStep, $"epoch {began.Epoch} goes on from step {began.FromStep}; the one before had come to step {_known}, and {began.Replayed} are said to be replayed, {began.Lost} lost");
        var every = Math.Max(1, world.Scenario.Job.Recovery!.Every);
        Require(!_isSure || began.Lost > 0 || began.Replayed <= every, $"{began.Replayed} steps are replayed, with a recovery point every {every}");
        (_known, _isSure) = (began.FromStep, true);
    }

    public override void OnEnd(JobOutcome outcome)
    {
        // A checkpoint that is found at the end may be of a step that no rank lived to report.
        var isFound = outcome.Step > _known && world.Shelf.Latest?.Step == outcome.Step;
        Require(
            !_isSure || isFound || outcome.Step + outcome.StepsLost == _known,
            $"the job is said to have come to step {outcome.Step}, and it was step {_known}");
    }
}
