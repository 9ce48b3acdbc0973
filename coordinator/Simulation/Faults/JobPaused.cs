using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Pauses the job; <see cref="ScheduledFaultInjector"/> resumes it later.</summary>
internal sealed record JobPaused(ScheduledFaultTime When) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Disturbances.PauseAsked = true;
        if (world.State != JobState.Paused && world.Scenario.Job.Recovery is not null) world.Disturbances.IsPausePending = true;
        coordinator.RequestPause();
    }
}
