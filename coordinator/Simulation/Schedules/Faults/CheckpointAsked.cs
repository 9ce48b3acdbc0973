using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>A checkpoint is asked for while the job continues.</summary>
internal sealed record CheckpointAsked(FaultMoment When) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => world.AskForCheckpoint();
}
