namespace Distributed.Transports.Nccl;

/// <summary>
/// The exchange of a group over NCCL: one communicator, and a thread that runs one operation after the other. Before the bytes of an
/// operation, every rank sends all others a header with its tag and its lengths, of 48 bytes plus 16 for each rank. The buffers then move
/// as one group of sends and receives.
/// <para>
/// Buffers are host memory, as everywhere in <see cref="IExchange"/>, and are staged through device memory: copied in before NCCL reads,
/// and out after NCCL has written. Nothing else accesses them, so a rank that leaves an exchange may free them at once, even if the device
/// takes longer to stop.
/// </para>
/// <para>
/// NCCL carries neither aborts nor departures; the <see cref="INcclFence"/> does. In addition to the exceptions of <see cref="IExchange"/>,
/// a wait throws an <see cref="NcclException"/> on the first rank on which NCCL or the device fails, or on which a wait exceeds
/// <see cref="ExchangeOptions.Timeout"/> although every rank has started. This fences the group.
/// </para>
/// A communicator serves one epoch of one group. The next epoch needs a new id and a new fence.
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

    private int WorldRank => _session.WorldRankOf(Rank);

    /// <summary>Connects a rank to the others of its group, and waits until all are connected.</summary>
    /// <param name="library">The loaded NCCL library.</param>
    /// <param name="uniqueId">Id from <see cref="NcclLibrary.CreateUniqueId"/>, the same on every rank.</param>
    /// <param name="rank">Rank of this end in the group, in [0, <paramref name="size"/>).</param>
    /// <param name="size">Number of ranks in the group, at least 1.</param>
    /// <param name="fence">This rank's end of the group's fence.</param>
    /// <param name="options">Settings of the exchange.</param>
    /// <param name="device">A new device of this rank. It is disposed with the exchange, or if connecting fails.</param>
    /// <param name="connectTimeout">How long to wait for the other ranks, more than zero; null for 5 minutes.</param>
    /// <exception cref="ArgumentException">An argument is out of range.</exception>
    /// <exception cref="NcclException">NCCL or the device failed.</exception>
    /// <exception cref="ExchangeAbortedException">Another rank fenced the group in the meantime.</exception>
    /// <exception cref="TimeoutException">Ranks did not connect in time; the message names them.</exception>
    public static NcclExchange Connect(
        NcclLibrary library, ReadOnlySpan<byte> uniqueId, int rank, int size, INcclFence fence, ExchangeOptions options,
        INcclDevice device, TimeSpan? connectTimeout = null) =>
            Connect(library, uniqueId, rank, size, fence, options, device, connectTimeout, new NcclOperationOrder(), worldRanks: null);

    /// <summary>Connects one of several groups of a rank.</summary>
    /// <param name="library">The loaded NCCL library.</param>
    /// <param name="uniqueId">Id from <see cref="NcclLibrary.CreateUniqueId"/>, the same on every rank.</param>
    /// <param name="rank">Rank of this end in the group, in [0, <paramref name="size"/>).</param>
    /// <param name="size">Number of ranks in the group, at least 1.</param>
    /// <param name="fence">This rank's end of the group's fence.</param>
    /// <param name="options">Settings of the exchange.</param>
    /// <param name="device">A new device of this rank. It is disposed with the exchange, or if connecting fails.</param>
    /// <param name="connectTimeout">How long to wait for the other ranks, more than zero; null for 5 minutes.</param>
    /// <param name="order">Order of the operations of all groups of the rank.</param>
    /// <param name="worldRanks">
    /// World ranks of the group, by rank, for errors and aborts; null if they equal the ranks of the group.
    /// </param>
    internal static NcclExchange Connect(
        NcclLibrary library, ReadOnlySpan<byte> uniqueId, int rank, int size, INcclFence fence, ExchangeOptions options,
        INcclDevice device, TimeSpan? connectTimeout, NcclOperationOrder order, IReadOnlyList<int>? worldRanks)
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

        var session = new NcclSession(rank, size, fence, options.TimeProvider, order, worldRanks);
        var connecting = new ConnectOperation();
        NcclThread.Start(library, uniqueId.ToArray(), session, options, device);
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
            new ExchangeTransfer(Rank, tag, send, receive),
            kept == expected ? null : ExchangeMismatchException.OfLengths(WorldRank, tag, WorldRank, kept, WorldRank, expected));
    }

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _session.Raise(WorldRank, reason);
    }

    /// <summary>
    /// Leaves the group, as <see cref="IExchange"/> describes. Returns at once; the communicator's thread closes the communicator, and may
    /// wait up to <see cref="ExchangeOptions.Timeout"/> for the other ranks.
    /// </summary>
    public void Dispose() => _session.Leave();

    internal IExchangeHandle Start(NcclTransfer transfer, Exception? error = null)
    {
        _session.Start(transfer, error);
        return new Handle(_session, transfer, _options.Timeout);
    }

    private sealed class Handle(NcclSession session, NcclOperation operation, TimeSpan timeout) : IExchangeHandle
    {
        public bool IsCompleted => session.IsCompleted(operation);

        public void Wait() => session.Wait(operation, timeout);
    }
}
