using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>The coordinator's longest bounds are a last resort: while workers report what happens to them, none is reached.</summary>
internal sealed class WaitsAreBounded : Invariant
{
    public override string Statement => "no bound of last resort is reached";

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RecoveryBegan began)
            Require(began.Failure.Cause is not (FailureCause.NoReports or FailureCause.EndTimeout), $"{began.Failure.Reason}");
    }
}
