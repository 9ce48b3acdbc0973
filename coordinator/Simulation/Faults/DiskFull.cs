using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Makes every save fail for some time.</summary>
internal sealed record DiskFull(ScheduledFaultTime When, TimeSpan Span) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random) => Fill(world, Span);

    public static void Fill(SimulatedWorld world, TimeSpan span)
    {
        world.Checkpoints.IsFull = true;
        world.Time.RunAfter(span, () => world.Checkpoints.IsFull = false);
    }
}
