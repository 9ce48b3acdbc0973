using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Requests a checkpoint while the job continues.</summary>
internal sealed record CheckpointAsked(ScheduledFaultTime When) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => world.AskForCheckpoint();
}
