using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>What a worker and the coordinator tell each other arrives late for some time.</summary>
internal sealed record LinkSlow(FaultMoment When, int Worker, TimeSpan By, TimeSpan Span) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => Victim(world, Worker)?.Link.Slow(By, Span);
}
