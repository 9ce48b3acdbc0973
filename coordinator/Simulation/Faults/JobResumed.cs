using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Resumes the job, whether it is paused or not.</summary>
internal sealed record JobResumed(ScheduledFaultTime When) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Disturbances.IsPausePending = world.Disturbances.PauseAsked = false;
        coordinator.RequestResume();
    }
}
