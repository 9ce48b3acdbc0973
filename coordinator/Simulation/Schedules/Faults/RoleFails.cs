using Distributed.Protocol;
using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>The next step of one rank ends with an error.</summary>
internal sealed record RoleFails(FaultMoment When, int Worker, FailureKind Kind) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (Victim(world, Worker)?.Role is not { IsOver: false } role) return;
        role.Ailment = (Kind, Kind == FailureKind.FailureNotFinite ? FailureCause.NotFinite : FailureCause.Defect, "a defect");
        if (Kind == FailureKind.FailureFatal) world.Done.Fatal = true;
    }
}
