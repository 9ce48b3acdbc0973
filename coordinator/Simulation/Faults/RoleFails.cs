using Distributed.Protocol;
using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Lets the next step of one rank fail.</summary>
internal sealed record RoleFails(ScheduledFaultTime When, int Worker, FailureKind Kind) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (Victim(world, Worker)?.Role is not { IsOver: false } role) return;
        role.PendingFailure = (Kind, Kind == FailureKind.FailureNotFinite ? FailureCause.NotFinite : FailureCause.Defect, "a defect");
        if (Kind == FailureKind.FailureFatal) world.Disturbances.HasFatalFailure = true;
    }
}
