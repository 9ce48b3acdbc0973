using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Network;

/// <summary>
/// One worker's stream over the virtual clock. Each direction keeps its order, whatever the delays; links are independent of each other. A
/// broken link delivers nothing more, and its two ends detect that at different times.
/// </summary>
internal sealed class SimulatedWorkerLink(SimulatedWorld world, LedgerWorker worker, SeededRandom random) : IWorkerLink
{
    private static readonly TimeSpan Least = TimeSpan.FromMicroseconds(50), Most = TimeSpan.FromMilliseconds(20),
        Instant = TimeSpan.FromTicks(1);

    private readonly Channel<WorkerEvent> _none = Channel.CreateUnbounded<WorkerEvent>();
    private readonly Queue<WorkerEvent> _inTransit = [];
    private TimeSpan _lastUp, _lastDown, _slowUntil, _slowBy;
    private bool _hasJoined, _upEnded, _downEnded;

    // A duplicated event arrives again after up to this time: in a later epoch, if possible.
    private static readonly TimeSpan LatestCopy = TimeSpan.FromSeconds(20);

    public LedgerWorker Worker => worker;

    /// <summary>Empty: events are enqueued to the coordinator at their time.</summary>
    public ChannelReader<WorkerEvent> Events => _none.Reader;

    /// <summary>Whether nothing arrives any more; the two ends may not have detected that yet.</summary>
    public bool IsCut { get; private set; }

    /// <summary>
    /// Whether the coordinator has received an event of the worker, and has neither ended the stream nor detected its end.
    /// </summary>
    public bool IsOpen => _hasJoined && !_upEnded && !_downEnded;

    /// <summary>Sends a command to the worker.</summary>
    public void Send(WorkerCommand command)
    {
        world.OnSent(worker, command);
        if (_downEnded) return;
        world.Time.RunAfter(After(ref _lastDown), () =>
        {
            if (!IsCut) worker.Receive(command);
        });
    }

    /// <summary>Sends an event to the coordinator.</summary>
    public void Send(WorkerEvent message)
    {
        if (_upEnded) return;
        _inTransit.Enqueue(message);
        var delay = After(ref _lastUp);
        world.Time.RunAfter(delay, () =>
        {
            Deliver(message);
            _inTransit.TryDequeue(out _);
        });
        if (random.NextChance(world.Scenario.DuplicatesPerThousand))
            world.Time.RunAfter(delay + random.NextLogUniform(LatestCopy / 256, LatestCopy), () => Deliver(message));
    }

    /// <summary>Delays messages for some time.</summary>
    /// <param name="by">The longest additional delay.</param>
    /// <param name="span">Duration of the fault.</param>
    public void Slow(TimeSpan by, TimeSpan span) => (_slowBy, _slowUntil) = (by, world.Time.Now + span);

    /// <summary>Ends the stream after the worker's last events have arrived.</summary>
    public void Leave(string? error) => world.Time.RunAfter(After(ref _lastUp), () => EndUp(error));

    /// <summary>Breaks the link: messages in transit are lost.</summary>
    /// <param name="error">The error that the coordinator receives.</param>
    /// <param name="noticedUp">Time until the coordinator detects it.</param>
    /// <param name="noticedDown">Time until the worker detects it.</param>
    public void Break(string error, TimeSpan noticedUp, TimeSpan noticedDown)
    {
        if (IsCut) return;
        IsCut = true;
        world.Time.RunAfter(noticedUp, () => EndUp(error));
        world.Time.RunAfter(noticedDown, End);
    }

    /// <summary>Ends the stream from the coordinator's side after its last commands have arrived.</summary>
    public ValueTask DisposeAsync()
    {
        if (!_downEnded && IsOpen && !IsCut) world.OnDismissed(worker);
        if (!_downEnded && !IsCut) world.Time.RunAfter(After(ref _lastDown), End);
        _downEnded = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>Cuts the link without notice, because the coordinator's process has ended.</summary>
    /// <returns>The events that did not arrive; null if the link had ended before.</returns>
    public IReadOnlyList<WorkerEvent>? Sever()
    {
        if (IsCut || _upEnded || _downEnded) return null;
        IsCut = _upEnded = true;
        return [.. _inTransit];
    }

    // A worker that has joined another coordinator ignores the end of the earlier stream.
    private void End()
    {
        if (worker.Link == this) worker.LoseCoordinator();
    }

    private void Deliver(WorkerEvent message)
    {
        if (_upEnded || IsCut) return;
        _hasJoined = true;
        world.OnReceived(this, message);
    }

    private void EndUp(string? error)
    {
        if (_upEnded) return;
        _upEnded = true;
        world.OnLinkEnded(this, error);
    }

    // Delay until a message of this direction arrives: later than the message before it.
    private TimeSpan After(ref TimeSpan last)
    {
        var delay = random.NextLogUniform(Least, Most)
            + (world.Time.Now < _slowUntil ? random.NextDuration(TimeSpan.Zero, _slowBy) : TimeSpan.Zero);
        last = last + Instant > world.Time.Now + delay ? last + Instant : world.Time.Now + delay;
        return last - world.Time.Now;
    }
}
