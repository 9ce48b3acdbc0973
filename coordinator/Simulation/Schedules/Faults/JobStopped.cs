using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody stops the job.</summary>
internal sealed record JobStopped(FaultMoment When, bool Save) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Done.Stops.Add(Save);
        coordinator.RequestStop(Save, "somebody asked for it");
    }
}
