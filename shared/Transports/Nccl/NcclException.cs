namespace Distributed.Transports.Nccl;

/// <summary>NCCL or the device failed, at once or while an operation ran.</summary>
public sealed class NcclException : Exception
{
    private readonly string _text;

    /// <summary>Names who did what with whom, and what NCCL said of it.</summary>
    public NcclException(int? rank, string operation, int? peer, NcclResult result, string text)
        : base($"{(rank is null ? "" : $"Rank {rank}: ")}{operation}{(peer is null ? "" : $" with rank {peer}")} "
            + $"ended with {result} ({(int)result}): {text}")
    {
        (Rank, Operation, Peer, Result, _text) = (rank, operation, peer, result, text);
    }

    /// <summary>The rank that it happened on; null for a call that belongs to none.</summary>
    public int? Rank { get; }

    /// <summary>NCCL's or CUDA's function, or what was under way when it failed.</summary>
    public string Operation { get; }

    /// <summary>The rank at the other end, where there is only one.</summary>
    public int? Peer { get; }

    /// <summary>NCCL's result.</summary>
    public NcclResult Result { get; }

    /// <summary>The same of a rank.</summary>
    internal NcclException On(int rank) => Rank is null ? new NcclException(rank, Operation, Peer, Result, _text) : this;
}
