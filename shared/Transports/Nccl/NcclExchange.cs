namespace Distributed.Transports.Nccl;

/// <summary>
/// The exchange of a group over NCCL: one communicator, and a thread of its own that carries out one operation after the
/// other. Before the bytes of each pass, every rank sends all others a header, 48 bytes and 16 for each rank, with its tag
/// and its lengths; then the buffers go as one group of sends and receives.
/// <para>
/// Buffers are host memory, as everywhere in <see cref="IExchange"/>, and are staged through the device's: copied in
/// before NCCL reads and out after it has written. Nothing else touches them, so a rank that leaves an exchange has them
/// back at once, also where the device takes longer to stop.
/// </para>
/// <para>
/// NCCL carries neither aborts nor departures; the <see cref="INcclFence"/> does. Beside what <see cref="IExchange"/>
/// lists, a wait ends with an <see cref="NcclException"/> on the rank that is the first to see NCCL or the device fail,
/// or that waited for <see cref="ExchangeOptions.Timeout"/> although every rank had started; it fences the group.
/// </para>
/// A communicator serves one epoch of one group: the next has a new id and a new fence.
/// </summary>
public sealed class NcclExchange : IExchange
{
    private readonly NcclSession _session;
    private readonly ExchangeOptions _options;

    private NcclExchange(NcclSession session, ExchangeOptions options) => (_session, _options) = (session, options);

    /// <inheritdoc/>
    public int Rank => _session.Rank;

    /// <inheritdoc/>
    public int Size => _session.Size;

    private int Name => _session.NameOf(Rank);

    /// <summary>Connects a rank to the others of its group and waits until all have.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="uniqueId">From <see cref="NcclLibrary.CreateUniqueId"/>, the same on every rank.</param>
    /// <param name="rank">This rank, in [0, <paramref name="size"/>).</param>
    /// <param name="size">Ranks, at least 1.</param>
    /// <param name="fence">This rank's end of the group's fence.</param>
    /// <param name="options">Settings.</param>
    /// <param name="device">This rank's device, a new one; it is disposed with the exchange, or where connecting fails.</param>
    /// <param name="connectTimeout">How long to wait for the other ranks, more than zero. Default: 5 minutes.</param>
    /// <exception cref="ArgumentException">An argument is out of range.</exception>
    /// <exception cref="NcclException">NCCL or the device failed.</exception>
    /// <exception cref="ExchangeAbortedException">Another rank fenced the group meanwhile.</exception>
    /// <exception cref="TimeoutException">Ranks did not connect in time; it names them.</exception>
    public static NcclExchange Connect(
        NcclLibrary library, ReadOnlySpan<byte> uniqueId, int rank, int size, INcclFence fence, ExchangeOptions options,
        INcclDevice device, TimeSpan? connectTimeout = null) => Connect(library, uniqueId, rank, size, fence, options, device, connectTimeout, new NcclTurns(), names: null);

    /// <summary>The same for one of several groups of a rank: with the rank's turns, and what errors and the fence's aborts call the group's ranks; null for their numbers.</summary>
    internal static NcclExchange Connect(
        NcclLibrary library, ReadOnlySpan<byte> uniqueId, int rank, int size, INcclFence fence, ExchangeOptions options,
        INcclDevice device, TimeSpan? connectTimeout, NcclTurns turns, IReadOnlyList<int>? names)
    {
        ArgumentNullException.ThrowIfNull(library);
        ArgumentNullException.ThrowIfNull(fence);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(uniqueId.Length, NcclLibrary.UniqueIdBytes);
        var timeout = connectTimeout ?? TimeSpan.FromMinutes(5);
        var errors = options.Validate().Concat((options with { Timeout = timeout }).Validate()).ToArray();
        if (errors.Length > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));

        var session = new NcclSession(rank, size, fence, options.TimeProvider, turns, names);
        var connecting = new ConnectOperation();
        NcclWorker.Start(library, uniqueId.ToArray(), session, options, device);
        session.Start(connecting);
        session.Wait(connecting, timeout);
        return new NcclExchange(session, options);
    }

    /// <inheritdoc/>
    public IExchangeHandle Start(ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        ExchangeArguments.Check(Rank, Size, tag, send, receive);
        var (kept, expected) = (send[Rank].Bytes, receive[Rank].Bytes);
        return Start(
            new ExchangeRound(Rank, tag, send, receive),
            kept == expected ? null : ExchangeMismatchException.OfLengths(Name, tag, Name, kept, Name, expected));
    }

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _session.Raise(Name, reason);
    }

    /// <summary>
    /// Leaves the group, as <see cref="IExchange"/> says. The communicator is closed by its own thread, which may wait
    /// for the other ranks for <see cref="ExchangeOptions.Timeout"/>; this does not.
    /// </summary>
    public void Dispose() => _session.Leave();

    internal IExchangeHandle Start(NcclRound round, Exception? error = null)
    {
        _session.Start(round, error);
        return new Handle(_session, round, _options.Timeout);
    }

    private sealed class Handle(NcclSession session, NcclOperation operation, TimeSpan timeout) : IExchangeHandle
    {
        public bool IsCompleted => session.IsCompleted(operation);

        public void Wait() => session.Wait(operation, timeout);
    }
}
