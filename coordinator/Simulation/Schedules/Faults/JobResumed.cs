using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Resumes the job, whether it is paused or not.</summary>
internal sealed record JobResumed(ScheduledFaultTime When) : ScheduledFault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Disturbances.PauseIsWanted = world.Disturbances.PauseAsked = false;
        coordinator.RequestResume();
    }
}
