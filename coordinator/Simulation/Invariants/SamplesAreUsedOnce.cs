using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// The ranks of a step use each sample of its batch once, and the steps that led to the end use each sample of the run once.
/// </summary>
internal sealed class SamplesAreUsedOnce(SimulatedWorld world) : Invariant
{
    private CommittedStep? _head;
    private long _checked;

    public override string Statement => "every sample is used exactly once in the steps that led to the end";

    public override void OnBarrier(BarrierRegistry group, RankBarrier barrier)
    {
        if (barrier.Tag.Kind == BarrierKind.Restore && group.Epoch == world.NewestEpoch) _head = barrier.Result;
        if (barrier.Tag.Kind != BarrierKind.Commit || barrier.Result is not { } step) return;
        if (group.Epoch == world.NewestEpoch) _head = step;
        if (_checked == group.Epoch) return; // the shares are the same in all its steps
        _checked = group.Epoch;
        var shares = group.Shares;
        var samples = from micro in Enumerable.Range(0, shares.Accumulation)
                      from rank in Enumerable.Range(0, shares.World)
                      let share = shares.Of(micro, rank)
                      from position in Enumerable.Range(share.First, share.Count)
                      select position;
        Require(
            samples.Order().SequenceEqual(Enumerable.Range(0, world.Scenario.Job.Plan.GlobalBatch)),
            $"the shares of the ranks of epoch {group.Epoch} are not the batch");
    }

    public override void OnEnd(JobOutcome outcome)
    {
        if (outcome.State != JobState.Completed) return;
        Require(_head?.Step == world.Scenario.Job.Plan.Steps, $"the job is reported as completed, and its last step was {_head}");
        for (var step = _head!; step.Previous is { } previous; step = previous)
            Require(
                step.Step == previous.Step + 1 && step.Position == previous.Position + world.Scenario.Job.Plan.GlobalBatch,
                $"{step} at {step.Position} follows {previous} at {previous.Position}");
    }
}
