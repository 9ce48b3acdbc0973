using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody asks for another number of workers.</summary>
internal sealed record JobScaled(FaultMoment When, int Workers) : Fault(When)
{
    public override void Strike(SimulatedWorld world, Draw draw)
    {
        world.Done.Wanted = Workers;
        world.Coordinator.RequestScale(Workers);
    }
}
