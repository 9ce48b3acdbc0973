using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody pauses the job, and lets it go on later.</summary>
internal sealed record JobPaused(FaultMoment When) : Fault(When)
{
    public override void Strike(SimulatedWorld world, Draw draw) => world.Coordinator.RequestPause();
}
