using System.Diagnostics;

namespace Distributed.Transports.InMemory;

/// <summary>
/// The exchange of a group whose ranks are threads of one process. Bytes are copied directly from the sender's memory to the receiver's,
/// without a buffer in between.
/// <para>
/// A pair (source, destination) can be copied as soon as both ends have started the exchange, by the first of the two that runs. Small
/// exchanges are copied by the rank that starts last, in both directions, while the others sleep: waking them costs more than the copy.
/// In a large exchange the last rank copies only what it receives, and wakes the others to do the same. No copy depends on another rank's
/// wait, in whatever order the ranks wait for their handles.
/// </para>
/// One lock, shared by all groups that are fenced together, guards everything but the copies. Ranks with nothing to copy sleep on it.
/// </summary>
public sealed class InMemoryFabric
{
    /// <summary>Bytes from which ranks copy in parallel. The copy takes some tens of microseconds, as long as waking a thread.</summary>
    private const long SharedCopyBytes = 1 << 19;

    /// <summary>Timers have a resolution of 1 ms and fire up to about 1 ms late.</summary>
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(2.5), WakeLatency = TimeSpan.FromMilliseconds(1.5);

    private readonly object _gate; // lock of the fence
    private readonly InMemoryEndpoint[] _endpoints;
    private readonly Dictionary<long, InMemoryExchangeState> _exchanges = []; // by number; not complete on every rank
    private readonly long[] _started;  // by rank: number of exchanges that it has started
    private readonly int[] _copying;   // by rank: copies that currently read or write its memory
    private readonly bool[] _left;     // by rank: whether its end is disposed
    private readonly SimulatedLink? _linkOptions;
    private readonly LinkTimes? _link;
    private readonly Fence _fence;
    private readonly IReadOnlyList<int>? _worldRanks; // world ranks, by rank; null in the world itself

    /// <summary>Creates a group of <paramref name="size"/> ranks.</summary>
    /// <param name="size">Number of ranks, at least 1.</param>
    /// <param name="options">Settings of the exchanges; null for the defaults.</param>
    /// <param name="link">Simulated transfer times; null for the time that the copies take.</param>
    /// <exception cref="ArgumentException">The size or a setting is out of range.</exception>
    public InMemoryFabric(int size, ExchangeOptions? options = null, SimulatedLink? link = null)
        : this(size, options, link, new Fence(), null)
    {
    }

    private InMemoryFabric(int size, ExchangeOptions? options, SimulatedLink? link, Fence fence, IReadOnlyList<int>? worldRanks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Options = options ?? new ExchangeOptions();
        var errors = Options.Validate().Concat(link?.Validate() ?? []).ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));

        Size = size;
        (_fence, _gate, _worldRanks, _linkOptions) = (fence, fence.Gate, worldRanks, link);
        _link = link is null ? null : new LinkTimes(link, size, Options.TimeProvider);
        _started = new long[size];
        _copying = new int[size];
        _left = new bool[size];
        _endpoints = [.. Enumerable.Range(0, size).Select(rank => new InMemoryEndpoint(this, rank))];
    }

    /// <summary>The number of ranks in the group.</summary>
    public int Size { get; }

    internal ExchangeOptions Options { get; }

    /// <summary>
    /// Creates a group of some of this group's ranks, with the same settings and separate links. An abort of either group fences both.
    /// Errors name ranks by their rank in this group.
    /// </summary>
    /// <param name="ranks">Ranks of this group, at least one. The index in the list is the rank in the new group.</param>
    public InMemoryFabric Group(IReadOnlyList<int> ranks) =>
        new(ranks.Count, Options, _linkOptions, _fence, [.. ranks.Select(WorldRankOf)]);

    internal int WorldRankOf(int rank) => _worldRanks?[rank] ?? rank;

    /// <summary>Returns the end of <paramref name="rank"/>, always the same object.</summary>
    public IExchange Endpoint(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, Size);
        return _endpoints[rank];
    }

    internal InMemoryExchangeState Start(int rank, ExchangeTag tag, ExchangeBuffer[] send, ExchangeBuffer[] receive)
    {
        InMemoryExchangeState state;
        bool shared;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_left[rank], _endpoints[rank]);
            ThrowIfAborted_NeedsLock(rank);

            var number = _started[rank];
            if (!_exchanges.TryGetValue(number, out state!))
                _exchanges.Add(number, state = new InMemoryExchangeState(Size, number, WorldRankOf));
            if (state.FindMismatch(rank, tag, send, receive) is { } mismatch)
            {
                Abort_NeedsLock(rank, mismatch);
                AwaitCopies_NeedsLock(rank);
                throw mismatch;
            }

            _started[rank]++;
            state.Post(rank, tag, send, receive);
            if (_link is not null) state.SendOver(_link, rank);
            for (var peer = 0; peer < Size; peer++)
            {
                if (_left[peer] && _started[peer] <= number) AbortBecauseLeft_NeedsLock(peer, tag);
            }
            shared = state.ReadyBytes(rank) >= SharedCopyBytes;
            if (shared || _fence.Abort is not null) Monitor.PulseAll(_gate);
        }

        CopyReady(state, rank, receiveOnly: shared);
        return state;
    }

    internal bool IsCompleted(InMemoryExchangeState state, int rank)
    {
        CopyReady(state, rank, receiveOnly: false);
        lock (_gate) return (state.IsCompleted(rank) && TimeUntilArrival(state, rank) <= TimeSpan.Zero) || _fence.Abort is not null;
    }

    // Zero or negative if all messages have arrived.
    private TimeSpan TimeUntilArrival(InMemoryExchangeState state, int rank) =>
        _link is null ? TimeSpan.MinValue : Options.TimeProvider.GetElapsedTime(Options.TimeProvider.GetTimestamp(), state.ArrivesAt(rank));

    internal void Wait(InMemoryExchangeState state, int rank)
    {
        var clock = Options.TimeProvider;
        var begun = clock.GetTimestamp();
        using var timer = new OneShotTimer(clock, Wake);
        while (true)
        {
            CopyReady(state, rank, receiveOnly: false);
            lock (_gate)
            {
                if (state.IsCompleted(rank))
                {
                    var flight = TimeUntilArrival(state, rank);
                    if (flight <= TimeSpan.Zero) return;
                    ThrowIfAborted_NeedsLock(rank);
                    if (flight >= ShortestSleep)
                    {
                        timer.Set(flight - WakeLatency);
                        Monitor.Wait(_gate);
                        continue;
                    }
                }
                else
                {
                    ThrowIfAborted_NeedsLock(rank);
                    if (state.HasReady(rank)) continue;
                    var left = Options.Timeout - clock.GetElapsedTime(begun);
                    if (left <= TimeSpan.Zero && state.Missing() is { Count: > 0 } missing)
                    {
                        var timeout = new ExchangeTimeoutException(WorldRankOf(rank), state.Tag, Options.Timeout,
                            [.. missing.Select(WorldRankOf)]);
                        Abort_NeedsLock(missing[0], timeout);
                        AwaitCopies_NeedsLock(rank);
                        throw timeout;
                    }

                    if (left > TimeSpan.Zero) timer.Set(left);
                    Monitor.Wait(_gate);
                    continue;
                }
            }

            Thread.Yield(); // the remaining time of the message is too short for a sleep
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
            foreach (var state in _exchanges.Values)
            {
                var started = state.Number < _started[rank];
                if (!started || !state.IsCompleted(rank)) AbortBecauseLeft_NeedsLock(rank, state.Tag);
            }
            AwaitCopies_NeedsLock(rank);
        }
    }

    // Copies every ready pair that involves the rank. The lock is released during a copy.
    private void CopyReady(InMemoryExchangeState state, int rank, bool receiveOnly)
    {
        while (true)
        {
            int source, destination;
            lock (_gate)
            {
                if (_fence.Abort is not null || !state.TryClaim(rank, receiveOnly, out source, out destination)) return;
                _copying[source]++;
                _copying[destination]++;
            }

            state.Copy(source, destination);

            lock (_gate)
            {
                _copying[source]--;
                _copying[destination]--;
                var complete = state.Finish(source, destination);
                if (state.IsOver) _exchanges.Remove(state.Number);
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
        _fence.Abort ??= (WorldRankOf(culprit), reason);
        Monitor.PulseAll(_gate);
    }

    private void AbortBecauseLeft_NeedsLock(int rank, ExchangeTag tag) =>
        Abort_NeedsLock(rank, new InvalidOperationException($"Rank {WorldRankOf(rank)} left the group before it took part in {tag}."));

    private void ThrowIfAborted_NeedsLock(int rank)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        if (_fence.Abort is not { } abort) return;
        AwaitCopies_NeedsLock(rank);
        throw new ExchangeAbortedException(WorldRankOf(rank), abort.Culprit, abort.Reason);
    }

    // No copy begins after an abort, so this takes at most as long as one memory copy. The caller may then free its buffers.
    private void AwaitCopies_NeedsLock(int rank)
    {
        Debug.Assert(Monitor.IsEntered(_gate));
        while (_copying[rank] > 0) Monitor.Wait(_gate);
    }
}
