using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Starts another worker process, possibly under a name in use.</summary>
internal sealed record WorkerJoins(ScheduledFaultTime When, string Name) : ScheduledFault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => world.Start(Name, TimeSpan.Zero);
}
