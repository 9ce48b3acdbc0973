namespace Distributed.Transports.Nccl;

/// <summary>
/// One operation of a group on this rank, run by the communicator's thread: headers are compared, host memory is copied in, NCCL runs, and
/// the result is copied out. Only the two copies access host memory.
/// </summary>
internal abstract class NcclTransfer(ExchangeTag tag) : NcclOperation
{
    public ExchangeTag Tag => tag;

    public override string Name => tag.ToString();

    /// <summary>Whether NCCL has anything to transfer.</summary>
    public abstract bool HasTraffic { get; }

    /// <summary>Bytes that this rank sends to a peer, compared with what the peer expects.</summary>
    public abstract long SendBytes(int peer);

    /// <summary>Bytes that this rank expects from a peer.</summary>
    public abstract long ReceiveBytes(int peer);

    /// <summary>Device memory that the operation needs, in bytes.</summary>
    public abstract long StagingBytes { get; }

    /// <summary>Copies the bytes to send to the device, and the bytes that stay on this rank to their destination.</summary>
    public abstract void CopyIn(INcclDevice device, nint staging);

    /// <summary>Starts the work of NCCL; returns before it is done.</summary>
    public abstract void Issue(NcclCommunicator communicator, nint staging);

    /// <summary>Copies the received bytes to the host.</summary>
    public abstract void CopyOut(INcclDevice device, nint staging);

    public override Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing) =>
        new ExchangeTimeoutException(rank, tag, timeout, missing);
}
