using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>No checkpoint can be saved for some time.</summary>
internal sealed record DiskFull(FaultMoment When, TimeSpan Span) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => Fill(world, Span);

    public static void Fill(SimulatedWorld world, TimeSpan span)
    {
        world.Shelf.IsFull = true;
        world.Time.In(span, () => world.Shelf.IsFull = false);
    }
}
