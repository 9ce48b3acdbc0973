using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Requests a checkpoint while the job continues.</summary>
internal sealed record CheckpointAsked(ScheduledFaultTime When) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => world.AskForCheckpoint();
}
