using Distributed.Simulation.Clock;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Faults;

/// <summary>
/// Stops a worker for some time; then it continues. When its lease has expired, the coordinator treats the worker as lost.
/// </summary>
internal sealed record WorkerFrozen(ScheduledFaultTime When, int Worker, TimeSpan Span) : ScheduledFault(When)
{
    /// <summary>The coordinator's reason for the loss of a worker whose lease has expired.</summary>
    public const string LeaseExpired = "no message arrived for 5 s";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5), LongestToNotice = TimeSpan.FromMilliseconds(500);

    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (Victim(world, Worker) is { } worker) Freeze(world, worker, Span, random);
    }

    public static void Freeze(SimulatedWorld world, LedgerWorker worker, TimeSpan span, SeededRandom random)
    {
        worker.FrozenUntil = world.Time.Now + span;
        if (span < Lease) return;
        var untilNoticed = span - Lease + random.NextDuration(TimeSpan.Zero, LongestToNotice);
        world.Time.RunAfter(Lease, () => worker.Link.Break(LeaseExpired, TimeSpan.Zero, untilNoticed));
    }
}
