using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Stops the job.</summary>
internal sealed record JobStopped(ScheduledFaultTime When, bool Save) : ScheduledFault(When)
{
    public const string StopReason = "a stop was requested";

    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (world.Coordinator is not { } coordinator) return;
        world.Disturbances.Stops.Add(Save);
        coordinator.RequestStop(Save, StopReason);
    }
}
