using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>
/// Ends the coordinator without notice. Another one begins later with the record of the first. Meanwhile the workers continue their steps;
/// then they join again.
/// </summary>
internal sealed record CoordinatorRestarts(ScheduledFaultTime When, TimeSpan Away) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => world.Restart(Away);
}
