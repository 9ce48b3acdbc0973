using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Breaks the stream between a worker and the coordinator. Its two ends detect that at different times.</summary>
internal sealed record LinkCut(ScheduledFaultTime When, int Worker) : ScheduledFault(When)
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromSeconds(6);

    public override void Inject(SimulatedWorld world, SeededRandom random) => Victim(world, Worker)?.Link.Break(
        "its connection broke", random.NextLogUniform(Instant, Longest), random.NextLogUniform(Instant, Longest));
}
