using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody asks for another number of workers.</summary>
internal sealed record JobScaled(FaultMoment When, int Workers) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Done.Wanted = Workers;
        world.Served?.Ask(world.Wanted);
        coordinator.RequestScale(Workers);
    }
}
