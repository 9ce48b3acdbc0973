using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>A worker and the coordinator hear each other no more; they learn of it at different times.</summary>
internal sealed record LinkCut(FaultMoment When, int Worker) : Fault(When)
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromSeconds(6);

    public override void Strike(SimulatedWorld world, SeededRandom draw) => Victim(world, Worker)?.Link.Break("its connection broke", draw.Spread(Instant, Longest), draw.Spread(Instant, Longest));
}
