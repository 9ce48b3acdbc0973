using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody lets the job go on, paused or not.</summary>
internal sealed record JobResumed(FaultMoment When) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Done.PauseIsWanted = world.Done.PauseAsked = false;
        coordinator.RequestResume();
    }
}
