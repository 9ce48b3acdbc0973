using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>A worker is stopped for some time and goes on as if nothing had been; past its lease the coordinator gives it up.</summary>
internal sealed record WorkerFrozen(FaultMoment When, int Worker, TimeSpan Span) : Fault(When)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5), LongestToNotice = TimeSpan.FromMilliseconds(500);

    public override void Strike(SimulatedWorld world, Draw draw)
    {
        if (Victim(world, Worker) is not { } worker) return;
        worker.FrozenUntil = world.Time.Now + Span;
        if (Span < Lease) return;
        var untilItKnows = Span - Lease + draw.Time(TimeSpan.Zero, LongestToNotice);
        world.Time.In(Lease, () => worker.Link.Break("nothing was heard of it for 5 s", TimeSpan.Zero, untilItKnows));
    }
}
