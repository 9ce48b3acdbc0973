using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Breaks the stream between a worker and the coordinator. Its two ends detect that at different times.</summary>
internal sealed record LinkCut(ScheduledFaultTime When, int Worker) : ScheduledFault(When)
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromSeconds(6);

    public override void Strike(SimulatedWorld world, SeededRandom draw) => Victim(world, Worker)?.Link.Break(
        "its connection broke", draw.Spread(Instant, Longest), draw.Spread(Instant, Longest));
}
