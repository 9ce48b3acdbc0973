using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Network;

/// <summary>
/// One worker's stream over the virtual clock. Each direction keeps its order, however long a message takes; different links know nothing
/// of each other. A link that breaks carries nothing more, and each side hears of that in its own time.
/// </summary>
internal sealed class SimulatedWorkerLink(SimulatedWorld world, LedgerWorker worker, SeededRandom draw) : IWorkerLink
{
    private static readonly TimeSpan Least = TimeSpan.FromMicroseconds(50), Most = TimeSpan.FromMilliseconds(20), Instant = TimeSpan.FromTicks(1);

    private readonly Channel<WorkerEvent> _none = Channel.CreateUnbounded<WorkerEvent>();
    private readonly Queue<WorkerEvent> _onTheirWay = [];
    private TimeSpan _lastUp, _lastDown, _slowUntil, _slowBy;
    private bool _heard, _upEnded, _downEnded;

    // A message that comes twice does so after up to so long: in another epoch, if it can.
    private static readonly TimeSpan LatestCopy = TimeSpan.FromSeconds(20);

    public LedgerWorker Worker => worker;

    /// <summary>Nothing: what the worker says is put before the coordinator at its time.</summary>
    public ChannelReader<WorkerEvent> Events => _none.Reader;

    /// <summary>Whether nothing arrives any more, which its ends may not know yet.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether the coordinator knows the worker, and neither has let go of it nor heard that it has gone.</summary>
    public bool IsOpen => _heard && !_upEnded && !_downEnded;

    /// <summary>What the coordinator says.</summary>
    public void Send(WorkerCommand command)
    {
        world.OnSent(worker, command);
        if (_downEnded) return;
        world.Time.In(After(ref _lastDown), () =>
        {
            if (!IsCut) worker.Hear(command);
        });
    }

    /// <summary>What the worker says.</summary>
    public void Say(WorkerEvent message)
    {
        if (_upEnded) return;
        _onTheirWay.Enqueue(message);
        var delay = After(ref _lastUp);
        world.Time.In(delay, () =>
        {
            Deliver(message);
            _onTheirWay.TryDequeue(out _);
        });
        if (draw.Chance(world.Scenario.CopiesInAThousand)) world.Time.In(delay + draw.Spread(LatestCopy / 256, LatestCopy), () => Deliver(message));
    }

    /// <summary>Slow for some time.</summary>
    public void Slow(TimeSpan by, TimeSpan span) => (_slowBy, _slowUntil) = (by, world.Time.Now + span);

    /// <summary>The worker has gone: what it has said still arrives, and then the end.</summary>
    public void Leave(string? error) => world.Time.In(After(ref _lastUp), () => EndUp(error));

    /// <summary>What is on its way is lost.</summary>
    /// <param name="error">As the coordinator will have it.</param>
    /// <param name="noticedUp">When the coordinator hears of it.</param>
    /// <param name="noticedDown">When the worker does.</param>
    public void Break(string error, TimeSpan noticedUp, TimeSpan noticedDown)
    {
        if (IsCut) return;
        IsCut = true;
        world.Time.In(noticedUp, () => EndUp(error));
        world.Time.In(noticedDown, End);
    }

    /// <summary>The coordinator lets go: what it has said still arrives, and then the end.</summary>
    public ValueTask DisposeAsync()
    {
        if (!_downEnded && IsOpen && !IsCut) world.OnDismissed(worker);
        if (!_downEnded && !IsCut) world.Time.In(After(ref _lastDown), End);
        _downEnded = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>The coordinator is there no more, and its end not told.</summary>
    /// <returns>What it has not heard; null where the link had ended before.</returns>
    public IReadOnlyList<WorkerEvent>? Sever()
    {
        if (IsCut || _upEnded || _downEnded) return null;
        IsCut = _upEnded = true;
        return [.. _onTheirWay];
    }

    // A worker that has found another coordinator does not care for the one before.
    private void End()
    {
        if (worker.Link == this) worker.LoseCoordinator();
    }

    private void Deliver(WorkerEvent message)
    {
        if (_upEnded || IsCut) return;
        _heard = true;
        world.OnHeard(this, message);
    }

    private void EndUp(string? error)
    {
        if (_upEnded) return;
        _upEnded = true;
        world.OnLinkEnded(this, error);
    }

    // From now until a message of this direction arrives, which is later than the one before it.
    private TimeSpan After(ref TimeSpan last)
    {
        var delay = draw.Spread(Least, Most) + (world.Time.Now < _slowUntil ? draw.Time(TimeSpan.Zero, _slowBy) : TimeSpan.Zero);
        last = last + Instant > world.Time.Now + delay ? last + Instant : world.Time.Now + delay;
        return last - world.Time.Now;
    }
}
