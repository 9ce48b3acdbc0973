using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Requests another number of workers.</summary>
internal sealed record JobScaled(ScheduledFaultTime When, int Workers) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Disturbances.Wanted = Workers;
        world.Served?.SetTarget(world.Wanted);
        coordinator.RequestScale(Workers);
    }
}
