namespace Distributed.Transports.Nccl;

/// <summary>
/// An NCCL communicator. Calls return at once. After a call that starts work, the caller polls <see cref="IsReady"/> until it is true
/// before the next call. Only one thread uses a communicator.
/// </summary>
internal sealed unsafe class NcclCommunicator(NcclLibrary library, INcclDevice device, NcclSession session)
{
    private readonly NcclFunctions _nccl = library.Functions;
    private nint _handle;
    private int? _onlyPeer;

    /// <summary>Starts to connect to the other ranks that have the same id.</summary>
    public void Begin(ReadOnlySpan<byte> uniqueId)
    {
        var config = NcclConfig.NonBlocking();
        _onlyPeer = session.Size == 2 ? 1 - session.Rank : null;
        nint handle;
        var result = _nccl.CommInitRankConfig(&handle, session.Size, NcclUniqueId.Of(uniqueId), session.Rank, &config);
        _handle = result is NcclResult.Success or NcclResult.InProgress ? handle : 0;
        Check(result, "ncclCommInitRankConfig");
    }

    /// <summary>Returns whether all started work is done.</summary>
    /// <param name="operation">Name of the work in errors.</param>
    /// <exception cref="NcclException">The work failed.</exception>
    public bool IsReady(string operation)
    {
        NcclResult state;
        Check(_nccl.CommGetAsyncError(_handle, &state), "ncclCommGetAsyncError");
        Check(state, operation, _onlyPeer);
        return state == NcclResult.Success && device.IsIdle();
    }

    /// <summary>Runs the sends and receives that <paramref name="body"/> starts as one group, so that they progress together.</summary>
    public void Group(Action body)
    {
        Check(_nccl.GroupStart(), "ncclGroupStart");
        NcclResult ended;
        try
        {
            body();
        }
        finally
        {
            ended = _nccl.GroupEnd(); // also after an error, because the group belongs to the thread
        }
        Check(ended, "ncclGroupEnd");
    }

    public void Send(nint buffer, long bytes, int peer) =>
        Check(_nccl.Send(buffer, checked((nuint)bytes), NcclDataType.UInt8, peer, _handle, device.Stream), "ncclSend", peer);

    public void Receive(nint buffer, long bytes, int peer) =>
        Check(_nccl.Recv(buffer, checked((nuint)bytes), NcclDataType.UInt8, peer, _handle, device.Stream), "ncclRecv", peer);

    public void AllReduce(nint buffer, long count, NcclDataType type, NcclReduction reduction) =>
        Check(_nccl.AllReduce(buffer, buffer, checked((nuint)count), type, reduction, _handle, device.Stream), "ncclAllReduce");

    public void ReduceScatter(nint input, nint output, long count, NcclDataType type, NcclReduction reduction) =>
        Check(_nccl.ReduceScatter(input, output, checked((nuint)count), type, reduction, _handle, device.Stream), "ncclReduceScatter");

    public void AllGather(nint input, nint output, long count, NcclDataType type) =>
        Check(_nccl.AllGather(input, output, checked((nuint)count), type, _handle, device.Stream), "ncclAllGather");

    public void Broadcast(nint buffer, long count, NcclDataType type, int root) =>
        Check(_nccl.Broadcast(buffer, buffer, checked((nuint)count), type, root, _handle, device.Stream), "ncclBroadcast");

    /// <summary>Starts an orderly close.</summary>
    public void Finish() => Check(_nccl.CommFinalize(_handle), "ncclCommFinalize");

    /// <summary>Frees the communicator after the orderly close is done.</summary>
    public void Destroy()
    {
        var handle = _handle;
        _handle = 0;
        if (handle != 0) _ = _nccl.CommDestroy(handle);
    }

    /// <summary>Ends all work in flight and frees the communicator. The other ranks are not notified.</summary>
    public void Abort()
    {
        var handle = _handle;
        _handle = 0;
        if (handle != 0) _ = _nccl.CommAbort(handle);
    }

    private void Check(NcclResult result, string operation, int? peer = null)
    {
        if (result is NcclResult.Success or NcclResult.InProgress) return;
        throw library.Failure(session.WorldRankOf(session.Rank), operation,
            peer is { } other ? session.WorldRankOf(other) : null, result, _handle);
    }
}
