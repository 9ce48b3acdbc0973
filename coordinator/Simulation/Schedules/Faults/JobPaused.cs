using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody pauses the job, and lets it go on later.</summary>
internal sealed record JobPaused(FaultMoment When) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Done.PauseAsked = true;
        if (world.State != JobState.Paused && world.Scenario.Job.Recovery is not null) world.Done.PauseIsWanted = true;
        coordinator.RequestPause();
    }
}
