using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Delays the messages between a worker and the coordinator for some time.</summary>
internal sealed record LinkSlow(ScheduledFaultTime When, int Worker, TimeSpan By, TimeSpan Span) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => Victim(world, Worker)?.Link.Slow(By, Span);
}
