using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>No checkpoint can be saved for some time.</summary>
internal sealed record DiskFull(FaultMoment When, TimeSpan Span) : Fault(When)
{
    public override void Strike(SimulatedWorld world, Draw draw)
    {
        world.Shelf.IsFull = true;
        world.Time.In(Span, () => world.Shelf.IsFull = false);
    }
}
