using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Starts another worker process, possibly under a name in use.</summary>
internal sealed record WorkerJoins(ScheduledFaultTime When, string Name) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => world.Start(Name, TimeSpan.Zero);
}
