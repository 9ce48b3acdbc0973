using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody stops the job.</summary>
internal sealed record JobStopped(FaultMoment When, bool Save) : Fault(When)
{
    public override void Strike(SimulatedWorld world, Draw draw)
    {
        world.Done.Stops.Add(Save);
        world.Coordinator.RequestStop(Save, "somebody asked for it");
    }
}
