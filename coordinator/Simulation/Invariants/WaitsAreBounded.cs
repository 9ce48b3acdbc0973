using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Simulation.Invariants;

/// <summary>The coordinator's longest timeouts are a last resort: while workers report their state, none expires.</summary>
internal sealed class WaitsAreBounded : Invariant
{
    public override string Statement => "no timeout of last resort expires";

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RecoveryBegan began)
            Require(began.Failure.Cause is not (FailureCause.NoReports or FailureCause.EndTimeout), $"{began.Failure.Reason}");
    }
}
