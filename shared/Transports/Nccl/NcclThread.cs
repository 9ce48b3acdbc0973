namespace Distributed.Transports.Nccl;

/// <summary>
/// The thread of a communicator, the only one that calls NCCL for it. It runs the operations of a session one after the other, in the order
/// in which every rank starts them. It never blocks inside NCCL, so it reacts to an abort at any time.
/// </summary>
internal sealed class NcclThread
{
    private const int YieldsBeforePausing = 64;

    /// <summary>How long the device may take to end aborted work. After this time its memory is not freed.</summary>
    private static readonly TimeSpan AbortTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a rank that detects a lost rank waits for the fence to name that rank, so that this rank is not named itself.
    /// </summary>
    private static readonly TimeSpan NamingTimeout = TimeSpan.FromMilliseconds(300);

    private readonly NcclSession _session;
    private readonly NcclCommunicator _communicator;
    private readonly INcclDevice _device;
    private readonly ExchangeOptions _options;
    private readonly Staging _data;
    private readonly HeaderExchange _headers;
    private readonly byte[] _uniqueId;

    private NcclThread(NcclLibrary library, byte[] uniqueId, NcclSession session, ExchangeOptions options, INcclDevice device)
    {
        (_session, _device, _options, _uniqueId) = (session, device, options, uniqueId);
        _communicator = new NcclCommunicator(library, device, session);
        _data = new Staging(device);
        _headers = new HeaderExchange(_communicator, device, session.Rank, session.Size, session.WorldRankOf);
    }

    private int WorldRank => _session.WorldRankOf(_session.Rank);

    public static void Start(NcclLibrary library, byte[] uniqueId, NcclSession session, ExchangeOptions options, INcclDevice device)
    {
        var thread = new NcclThread(library, uniqueId, session, options, device);
        new Thread(thread.Run) { IsBackground = true, Name = $"nccl rank {session.Rank}" }.Start();
    }

    private void Run()
    {
        while (_session.Take() is { } operation)
        {
            try
            {
                if (AwaitEarlier(operation) && (operation is NcclTransfer transfer ? CarryOut(transfer) : Connect(operation)))
                    _session.Complete(operation);
            }
            catch (Exception e)
            {
                _session.RaiseIfAPeerLeft(operation); // if a rank has left, that is the cause
                if (e is NcclException { Result: NcclResult.RemoteError }) _session.AwaitFence(NamingTimeout);
                _session.Raise(WorldRank, e is NcclException failure ? failure.On(WorldRank) : e, operation);
            }
        }

        Close();
    }

    // Returns false if the group is fenced.
    private bool Connect(NcclOperation operation)
    {
        _device.Open();
        _communicator.Begin(_uniqueId);
        return Await(operation, "ncclCommInitRankConfig");
    }

    private bool CarryOut(NcclTransfer transfer)
    {
        if (_session.Size > 1 && !CompareHeaders(transfer)) return false;

        var staging = _data.Reserve(transfer.StagingBytes);
        if (!Copy(() => transfer.CopyIn(_device, staging))) return false;
        if (!transfer.HasTraffic) return true;
        transfer.Issue(_communicator, staging);
        return Await(transfer, transfer.Name) && Copy(() => transfer.CopyOut(_device, staging));
    }

    private bool CompareHeaders(NcclTransfer transfer)
    {
        _headers.Issue(transfer);
        if (!Await(transfer, $"the headers of {transfer.Name}")) return false;

        var mismatch = _headers.FindMismatch(out var othersDisagree);
        if (mismatch is not null) _session.Raise(WorldRank, mismatch, transfer);
        while (othersDisagree && !_session.IsFenced) _session.Pause(); // no rank completes an operation that another one refuses
        return !_session.IsFenced;
    }

    private bool Copy(Action copy) => _session.Copy(() =>
    {
        copy();
        _device.FinishCopies();
    });

    // Returns false if the group is fenced before the communicator is ready.
    private bool Await(NcclOperation operation, string what) => Await(operation, () => _communicator.IsReady(what));

    // Operations that this rank started earlier in another group run first.
    private bool AwaitEarlier(NcclOperation operation) => Await(operation, () => _session.IsNext(operation));

    private bool Await(NcclOperation operation, Func<bool> condition)
    {
        for (var poll = 0; !condition(); poll++)
        {
            if (_session.IsFenced) return false;
            _session.RaiseIfAPeerLeft(operation);
            if (poll < YieldsBeforePausing) Thread.Yield();
            else _session.Pause();
        }
        return true;
    }

    private void Close()
    {
        if (_session.IsFenced || !FinishInOrder()) _communicator.Abort();
        if (!IsIdleAtLast()) return; // the device may still write to its memory, so it is not freed
        _headers.Free();
        _data.Free();
        _device.Dispose();
    }

    private bool FinishInOrder()
    {
        try
        {
            _communicator.Finish();
            if (!Poll(() => _session.IsFenced || _communicator.IsReady("ncclCommFinalize"), _options.Timeout) || _session.IsFenced)
                return false;
            _communicator.Destroy();
            return true;
        }
        catch (NcclException)
        {
            return false; // all operations of this rank are complete
        }
    }

    private bool IsIdleAtLast()
    {
        try
        {
            return Poll(_device.IsIdle, AbortTimeout);
        }
        catch (NcclException)
        {
            return false;
        }
    }

    // Returns false if the condition is not true in time.
    private bool Poll(Func<bool> condition, TimeSpan atMost)
    {
        var clock = _options.TimeProvider;
        var begun = clock.GetTimestamp();
        while (!condition())
        {
            if (clock.GetElapsedTime(begun) >= atMost) return false;
            _session.Pause();
        }
        return true;
    }
}
