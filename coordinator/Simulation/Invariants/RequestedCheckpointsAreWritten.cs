using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A requested checkpoint that is reported as published contains every step that was known at the request. No request is open at the end of
/// the job.
/// </summary>
internal sealed class RequestedCheckpointsAreWritten(SimulatedWorld world) : Invariant
{
    private int _looked;

    public override string Statement => "a requested checkpoint is written";

    public override void OnRestart(JobRecord? record) => _looked = 0;

    public override void OnRest()
    {
        foreach (var (asked, step) in world.Saves.Skip(_looked).TakeWhile(save => save.Asked.IsCompleted))
        {
            _looked++;
            if (asked.Result is not null) continue;
            var saved = Math.Max(world.Scenario.Root.Step, world.Checkpoints.Latest?.Step ?? 0);
            Require(step <= saved, $"step {step} is reported as saved, and the latest checkpoint is of step {saved}");
        }
    }

    public override void OnEnd(JobOutcome outcome) =>
        Require(world.Saves.All(save => save.Asked.IsCompleted), $"a requested checkpoint is still awaited");
}
