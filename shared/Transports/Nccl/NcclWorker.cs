namespace Distributed.Transports.Nccl;

/// <summary>
/// The thread of a communicator, the only one that calls NCCL for it: carries out a session's operations one after the
/// other, which is the order that every rank started them in. It never blocks inside NCCL, so an abort is heard
/// wherever it is.
/// </summary>
internal sealed class NcclWorker
{
    private const int YieldsBeforePausing = 64;

    /// <summary>How long the device may take to end what was aborted before its memory is given up for lost.</summary>
    private static readonly TimeSpan AbortTakes = TimeSpan.FromSeconds(5);

    /// <summary>How long a rank that finds another one gone waits for the fence to say which one, so that it is not itself blamed.</summary>
    private static readonly TimeSpan NamingTakes = TimeSpan.FromMilliseconds(300);

    private readonly NcclSession _session;
    private readonly NcclCommunicator _communicator;
    private readonly INcclDevice _device;
    private readonly ExchangeOptions _options;
    private readonly Staging _data;
    private readonly HeaderExchange _headers;
    private readonly byte[] _uniqueId;

    private NcclWorker(NcclLibrary library, byte[] uniqueId, NcclSession session, ExchangeOptions options, INcclDevice device)
    {
        (_session, _device, _options, _uniqueId) = (session, device, options, uniqueId);
        _communicator = new NcclCommunicator(library, device, session);
        _data = new Staging(device);
        _headers = new HeaderExchange(_communicator, device, session.Rank, session.Size, session.NameOf);
    }

    private int Name => _session.NameOf(_session.Rank);

    public static void Start(NcclLibrary library, byte[] uniqueId, NcclSession session, ExchangeOptions options, INcclDevice device)
    {
        var worker = new NcclWorker(library, uniqueId, session, options, device);
        new Thread(worker.Run) { IsBackground = true, Name = $"nccl rank {session.Rank}" }.Start();
    }

    private void Run()
    {
        while (_session.Take() is { } operation)
        {
            try
            {
                if (AwaitTurn(operation) && (operation is NcclRound round ? CarryOut(round) : Connect(operation))) _session.Complete(operation);
            }
            catch (Exception e)
            {
                _session.RaiseIfAPeerLeft(operation); // which would be why
                if (e is NcclException { Result: NcclResult.RemoteError }) _session.AwaitFence(NamingTakes);
                _session.Raise(Name, e is NcclException failure ? failure.On(Name) : e, operation);
            }
        }

        Close();
    }

    // False where the group is fenced.
    private bool Connect(NcclOperation operation)
    {
        _device.Open();
        _communicator.Begin(_uniqueId);
        return Await(operation, "ncclCommInitRankConfig");
    }

    private bool CarryOut(NcclRound round)
    {
        if (_session.Size > 1 && !CompareHeaders(round)) return false;

        var staging = _data.Reserve(round.StagingBytes);
        if (!Copy(() => round.CopyIn(_device, staging))) return false;
        if (!round.HasTraffic) return true;
        round.Issue(_communicator, staging);
        return Await(round, round.Name) && Copy(() => round.CopyOut(_device, staging));
    }

    private bool CompareHeaders(NcclRound round)
    {
        _headers.Issue(round);
        if (!Await(round, $"the headers of {round.Name}")) return false;

        var mismatch = _headers.FindMismatch(out var othersDisagree);
        if (mismatch is not null) _session.Raise(Name, mismatch, round);
        while (othersDisagree && !_session.IsFenced) _session.Pause(); // no rank completes what another one refuses
        return !_session.IsFenced;
    }

    private bool Copy(Action copy) => _session.Copy(() =>
    {
        copy();
        _device.FinishCopies();
    });

    // False where the group is fenced before it is ready.
    private bool Await(NcclOperation operation, string what) => Await(operation, () => _communicator.IsReady(what));

    // What this rank started before in another group comes first.
    private bool AwaitTurn(NcclOperation operation) => Await(operation, () => _session.IsTurnOf(operation));

    private bool Await(NcclOperation operation, Func<bool> isSo)
    {
        for (var turn = 0; !isSo(); turn++)
        {
            if (_session.IsFenced) return false;
            _session.RaiseIfAPeerLeft(operation);
            if (turn < YieldsBeforePausing) Thread.Yield();
            else _session.Pause();
        }
        return true;
    }

    private void Close()
    {
        if (_session.IsFenced || !FinishInOrder()) _communicator.Abort();
        if (!IsIdleAtLast()) return; // what the device may still write to is not given back
        _headers.Free();
        _data.Free();
        _device.Dispose();
    }

    private bool FinishInOrder()
    {
        try
        {
            _communicator.Finish();
            if (!Poll(() => _session.IsFenced || _communicator.IsReady("ncclCommFinalize"), _options.Timeout) || _session.IsFenced) return false;
            _communicator.Destroy();
            return true;
        }
        catch (NcclException)
        {
            return false; // all that this rank took part in is complete
        }
    }

    private bool IsIdleAtLast()
    {
        try
        {
            return Poll(_device.IsIdle, AbortTakes);
        }
        catch (NcclException)
        {
            return false;
        }
    }

    // False where it is not so in time.
    private bool Poll(Func<bool> isSo, TimeSpan atMost)
    {
        var clock = _options.TimeProvider;
        var begun = clock.GetTimestamp();
        while (!isSo())
        {
            if (clock.GetElapsedTime(begun) >= atMost) return false;
            _session.Pause();
        }
        return true;
    }
}
