using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>The coordinator is gone from one moment to the next, and another one begins with what it had kept; workers step on meanwhile, and come back.</summary>
internal sealed record CoordinatorRestarts(FaultMoment When, TimeSpan Away) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => world.Restart(Away);
}
