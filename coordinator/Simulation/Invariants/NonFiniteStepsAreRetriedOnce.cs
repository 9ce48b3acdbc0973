using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Simulation.Invariants;

/// <summary>A step whose loss is not finite is repeated once, and not a second time: the result would be the same.</summary>
internal sealed class NonFiniteStepsAreRetriedOnce(SimulatedWorld world) : Invariant
{
    private readonly HashSet<long> _epochs = [];

    public override string Statement => "a step whose loss is not finite is retried once";

    public override void OnRestart(JobRecord? record) => _epochs.Clear();

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not RankReported { Event: { Failed.Kind: FailureKind.FailureNotFinite } failed }
            || failed.Identity.Step != world.Scenario.NonFiniteStep - 1) return;
        _epochs.Add(failed.Identity.Epoch);
        Require(_epochs.Count <= 2, $"step {world.Scenario.NonFiniteStep} was not finite in epochs {string.Join(", ", _epochs)}");
    }
}
