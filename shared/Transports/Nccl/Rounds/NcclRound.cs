namespace Distributed.Transports.Nccl;

/// <summary>
/// One operation of a group on this rank, carried out by the communicator's thread: headers are compared, host memory
/// is copied in, NCCL does its part, and the result is copied out. No host memory is touched but in the two copies.
/// </summary>
internal abstract class NcclRound(ExchangeTag tag) : NcclOperation
{
    public ExchangeTag Tag => tag;

    public override string Name => tag.ToString();

    /// <summary>Whether NCCL has anything to do.</summary>
    public abstract bool HasTraffic { get; }

    /// <summary>How many bytes this rank sends to a peer; compared with what that one expects.</summary>
    public abstract long SendBytes(int peer);

    /// <summary>How many bytes this rank expects from a peer.</summary>
    public abstract long ReceiveBytes(int peer);

    /// <summary>Device memory that it takes, in bytes.</summary>
    public abstract long StagingBytes { get; }

    /// <summary>Copies what is sent to the device, and what stays on this rank to where it belongs.</summary>
    public abstract void CopyIn(INcclDevice device, nint staging);

    /// <summary>Asks NCCL for it; returns before it is done.</summary>
    public abstract void Issue(NcclCommunicator communicator, nint staging);

    /// <summary>Copies what was received to the host.</summary>
    public abstract void CopyOut(INcclDevice device, nint staging);

    public override Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing) =>
        new ExchangeTimeoutException(rank, tag, timeout, missing);
}
