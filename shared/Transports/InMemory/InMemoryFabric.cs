using System.Diagnostics;

namespace Distributed.Transports.InMemory;

/// <summary>
/// The exchange of a group whose ranks are threads of one process. Bytes go straight from the sender's memory
/// to the receiver's; there is no buffer in between.
/// <para>
/// A pair (source, destination) can be copied as soon as both ends have started the exchange, by whichever of
/// them comes by first. Little is copied by the rank that starts last, both ways, and the others sleep until they have all: waking
/// them costs more than the copy. Of much it copies what it receives and wakes the others to do the same.
/// None depends on another one's waiting, in whatever order the handles are waited for.
/// </para>
/// One lock, that of all groups which are fenced together, guards everything but the copying itself; ranks that have nothing to copy sleep on it.
/// </summary>
public sealed class InMemoryFabric
{
    /// <summary>Bytes from which ranks copy in parallel: some tens of microseconds, as long as it takes to wake a thread.</summary>
    private const long SharedCopyBytes = 1 << 19;

    /// <summary>Timers count whole milliseconds and come up to about one late.</summary>
    private static readonly TimeSpan WorthSleeping = TimeSpan.FromMilliseconds(2.5), WakingTakes = TimeSpan.FromMilliseconds(1.5);

    private readonly object _gate; // the fence's
    private readonly InMemoryEndpoint[] _endpoints;
    private readonly Dictionary<long, InMemoryRound> _rounds = []; // by number; those not complete on every rank
    private readonly long[] _started;  // per rank: how many exchanges it has started
    private readonly int[] _copying;   // per rank: how many copies read or write its memory just now
    private readonly bool[] _left;     // per rank: disposed
    private readonly SimulatedLink? _linkOptions;
    private readonly LinkTimes? _link;
    private readonly Fence _fence;
    private readonly IReadOnlyList<int>? _names; // of the ranks in errors, where they are not their numbers here

    /// <summary>Makes a group of <paramref name="size"/> ranks, at least 1.</summary>
    /// <param name="size">Ranks.</param>
    /// <param name="options">Settings.</param>
    /// <param name="link">How long bytes take; null for no longer than it takes to copy them.</param>
    /// <exception cref="ArgumentException">The size or an option is out of range.</exception>
    public InMemoryFabric(int size, ExchangeOptions? options = null, SimulatedLink? link = null)
        : this(size, options, link, new Fence(), null)
    {
    }

    private InMemoryFabric(int size, ExchangeOptions? options, SimulatedLink? link, Fence fence, IReadOnlyList<int>? names)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Options = options ?? new ExchangeOptions();
        var errors = Options.Validate().Concat(link?.Validate() ?? []).ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));

        Size = size;
        (_fence, _gate, _names, _linkOptions) = (fence, fence.Gate, names, link);
        _link = link is null ? null : new LinkTimes(link, size, Options.TimeProvider);
        _started = new long[size];
        _copying = new int[size];
        _left = new bool[size];
        _endpoints = [.. Enumerable.Range(0, size).Select(rank => new InMemoryEndpoint(this, rank))];
    }

    /// <summary>The number of ranks.</summary>
    public int Size { get; }

    internal ExchangeOptions Options { get; }

    /// <summary>
    /// A further group of some of this one's ranks, with the same settings and links of its own. An abort of either fences
    /// both, and errors name a rank by its number in this group.
    /// </summary>
    /// <param name="ranks">At least one.</param>
    public InMemoryFabric Group(IReadOnlyList<int> ranks) => new(ranks.Count, Options, _linkOptions, _fence, [.. ranks.Select(Name)]);

    internal int Name(int rank) => _names?[rank] ?? rank;

    /// <summary>The end of <paramref name="rank"/>, always the same one.</summary>
    public IExchange Endpoint(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, Size);
        return _endpoints[rank];
    }

    internal InMemoryRound Start(int rank, ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive)
    {
        InMemoryRound round;
        bool shared;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_left[rank], _endpoints[rank]);
            ThrowIfAborted_NeedsLock(rank);

            var number = _started[rank];
            if (!_rounds.TryGetValue(number, out round!)) _rounds.Add(number, round = new InMemoryRound(Size, number, Name));
            if (round.FindMismatch(rank, tag, send, receive) is { } mismatch)
            {
                Abort_NeedsLock(rank, mismatch);
                AwaitCopies_NeedsLock(rank);
                throw mismatch;
            }

            _started[rank]++;
            round.Post(rank, tag, send, receive);
            if (_link is not null) round.SendOver(_link, rank);
            for (var peer = 0; peer < Size; peer++)
            {
                if (_left[peer] && _started[peer] <= number) AbortBecauseLeft_NeedsLock(peer, tag);
            }
            shared = round.ReadyBytes(rank) >= SharedCopyBytes;
            if (shared || _fence.Abort is not null) Monitor.PulseAll(_gate);
        }

        CopyReady(round, rank, receiveOnly: shared);
        return round;
    }

    internal bool IsCompleted(InMemoryRound round, int rank)
    {
        CopyReady(round, rank, receiveOnly: false);
        lock (_gate) return (round.IsCompleted(rank) && TimeUntilArrival(round, rank) <= TimeSpan.Zero) || _fence.Abort is not null;
    }

    // Negative where all has arrived.
    private TimeSpan TimeUntilArrival(InMemoryRound round, int rank) =>
        _link is null ? TimeSpan.MinValue : Options.TimeProvider.GetElapsedTime(Options.TimeProvider.GetTimestamp(), round.ArrivesAt(rank));

    internal void Wait(InMemoryRound round, int rank)
    {
        var clock = Options.TimeProvider;
        var begun = clock.GetTimestamp();
        using var alarm = new Alarm(clock, Wake);
        while (true)
        {
            CopyReady(round, rank, receiveOnly: false);
            lock (_gate)
            {
                if (round.IsCompleted(rank))
                {
                    var flight = TimeUntilArrival(round, rank);
                    if (flight <= TimeSpan.Zero) return;
                    ThrowIfAborted_NeedsLock(rank);
                    if (flight >= WorthSleeping)
                    {
                        alarm.Set(flight - WakingTakes);
                        Monitor.Wait(_gate);
                        continue;
                    }
                }
                else
                {
                    ThrowIfAborted_NeedsLock(rank);
                    if (round.HasReady(rank)) continue;
                    var left = Options.Timeout - clock.GetElapsedTime(begun);
                    if (left <= TimeSpan.Zero && round.Missing() is { Count: > 0 } missing)
                    {
                        var timeout = new ExchangeTimeoutException(Name(rank), round.Tag, Options.Timeout, [.. missing.Select(Name)]);
                        Abort_NeedsLock(missing[0], timeout);
                        AwaitCopies_NeedsLock(rank);
                        throw timeout;
                    }

                    if (left > TimeSpan.Zero) alarm.Set(left);
                    Monitor.Wait(_gate);
                    continue;
                }
            }

            Thread.Yield(); // a message's last moments, too short to sleep over
        }
    }

    internal void Abort(int rank, Exception reason)
    {
        lock (_gate)
        {
            Abort_NeedsLock(rank, reason);
            AwaitCopies_NeedsLock(rank);
        }
    }

    internal void Leave(int rank)
    {
        lock (_gate)
        {
            if (_left[rank]) return;
            _left[rank] = true;
            foreach (var round in _rounds.Values)
            {
                var started = round.Number < _started[rank];
                if (!started || !round.IsCompleted(rank)) AbortBecauseLeft_NeedsLock(rank, round.Tag);
            }
            AwaitCopies_NeedsLock(rank);
        }
    }

    // Copies every ready pair that touches the rank, the lock released meanwhile.
    private void CopyReady(InMemoryRound round, int rank, bool receiveOnly)
    {
        while (true)
        {
            int source, destination;
            lock (_gate)
            {
                if (_fence.Abort is not null || !round.TryClaim(rank, receiveOnly, out source, out destination)) return;
                _copying[source]++;
                _copying[destination]++;
            }

            round.Copy(source, destination);

            lock (_gate)
            {
                _copying[source]--;
                _copying[destination]--;
                var complete = round.Finish(source, destination);
                if (round.IsOver) _rounds.Remove(round.Number);
                if (complete || _fence.Abort is not null) Monitor.PulseAll(_gate);
            }
        }
    }

    private void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private void Abort_NeedsLock(int culprit, Exception reason)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        _fence.Abort ??= (Name(culprit), reason);
        Monitor.PulseAll(_gate);
    }

    private void AbortBecauseLeft_NeedsLock(int rank, ExchangeTag tag) =>
        Abort_NeedsLock(rank, new InvalidOperationException($"Rank {Name(rank)} left the group before it took part in {tag}."));

    private void ThrowIfAborted_NeedsLock(int rank)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        if (_fence.Abort is not { } abort) return;
        AwaitCopies_NeedsLock(rank);
        throw new ExchangeAbortedException(Name(rank), abort.Culprit, abort.Reason);
    }

    // After an abort no copy begins, so this lasts as long as one memory copy; the caller may then free its buffers.
    private void AwaitCopies_NeedsLock(int rank)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        while (_copying[rank] > 0) Monitor.Wait(_gate);
    }
}
