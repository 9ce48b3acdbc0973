using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>A worker is stopped for some time and goes on as if nothing had been; past its lease the coordinator gives it up.</summary>
internal sealed record WorkerFrozen(FaultMoment When, int Worker, TimeSpan Span) : Fault(When)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5), LongestToNotice = TimeSpan.FromMilliseconds(500);

    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (Victim(world, Worker) is { } worker) Freeze(world, worker, Span, draw);
    }

    public static void Freeze(SimulatedWorld world, LedgerWorker worker, TimeSpan span, SeededRandom draw)
    {
        worker.FrozenUntil = world.Time.Now + span;
        if (span < Lease) return;
        var untilItKnows = span - Lease + draw.Time(TimeSpan.Zero, LongestToNotice);
        world.Time.In(Lease, () => worker.Link.Break("no message arrived for 5 s", TimeSpan.Zero, untilItKnows));
    }
}
