namespace Distributed.Transports.Nccl;

/// <summary>NCCL or the device failed, in a call or while an operation ran.</summary>
public sealed class NcclException : Exception
{
    private readonly string _text;

    /// <summary>Creates an exception that names the rank, the operation, the peer, and the text of NCCL.</summary>
    public NcclException(int? rank, string operation, int? peer, NcclResult result, string text)
        : base($"{(rank is null ? "" : $"Rank {rank}: ")}{operation}{(peer is null ? "" : $" with rank {peer}")} "
            + $"ended with {result} ({(int)result}): {text}")
    {
        (Rank, Operation, Peer, Result, _text) = (rank, operation, peer, result, text);
    }

    /// <summary>The rank on which the failure occurred; null for a call that belongs to no rank.</summary>
    public int? Rank { get; }

    /// <summary>The function of NCCL or CUDA, or the operation that was in flight.</summary>
    public string Operation { get; }

    /// <summary>The rank at the other end; null if there is none or more than one.</summary>
    public int? Peer { get; }

    /// <summary>NCCL's result.</summary>
    public NcclResult Result { get; }

    /// <summary>Returns the exception with a rank, if it has none.</summary>
    internal NcclException On(int rank) => Rank is null ? new NcclException(rank, Operation, Peer, Result, _text) : this;
}
