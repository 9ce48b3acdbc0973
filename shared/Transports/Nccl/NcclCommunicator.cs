namespace Distributed.Transports.Nccl;

/// <summary>
/// A communicator of NCCL. Calls return at once; after each that starts something, <see cref="IsReady"/> is asked until
/// it is true before the next call. One thread uses it.
/// </summary>
internal sealed unsafe class NcclCommunicator(NcclLibrary library, INcclDevice device, NcclSession session)
{
    private readonly NcclFunctions _nccl = library.Functions;
    private nint _handle;
    private int? _onlyPeer;

    /// <summary>Begins to connect to the other ranks that have the same id.</summary>
    public void Begin(ReadOnlySpan<byte> uniqueId)
    {
        var config = NcclConfig.NonBlocking();
        _onlyPeer = session.Size == 2 ? 1 - session.Rank : null;
        nint handle;
        var result = _nccl.CommInitRankConfig(&handle, session.Size, NcclUniqueId.Of(uniqueId), session.Rank, &config);
        _handle = result is NcclResult.Success or NcclResult.InProgress ? handle : 0;
        Check(result, "ncclCommInitRankConfig");
    }

    /// <summary>Whether all that was asked for is done.</summary>
    /// <param name="operation">What that is, for the error.</param>
    /// <exception cref="NcclException">It failed.</exception>
    public bool IsReady(string operation)
    {
        NcclResult state;
        Check(_nccl.CommGetAsyncError(_handle, &state), "ncclCommGetAsyncError");
        Check(state, operation, _onlyPeer);
        return state == NcclResult.Success && device.IsIdle();
    }

    /// <summary>Lets all sends and receives that <paramref name="body"/> asks for progress together.</summary>
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
            ended = _nccl.GroupEnd(); // also after an error: the group belongs to the thread
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

    /// <summary>Begins to leave in good order.</summary>
    public void Finish() => Check(_nccl.CommFinalize(_handle), "ncclCommFinalize");

    /// <summary>Frees the communicator once it has finished.</summary>
    public void Destroy()
    {
        var handle = _handle;
        _handle = 0;
        if (handle != 0) _ = _nccl.CommDestroy(handle);
    }

    /// <summary>Ends whatever is under way and frees the communicator. The other ranks do not hear of it.</summary>
    public void Abort()
    {
        var handle = _handle;
        _handle = 0;
        if (handle != 0) _ = _nccl.CommAbort(handle);
    }

    private void Check(NcclResult result, string operation, int? peer = null)
    {
        if (result is not (NcclResult.Success or NcclResult.InProgress)) throw library.Failure(session.NameOf(session.Rank), operation, peer is { } other ? session.NameOf(other) : null, result, _handle);
    }
}
