namespace Distributed.Transports;

/// <summary>Two ranks disagree on the tag of an exchange or on the length of a buffer.</summary>
public sealed class ExchangeMismatchException : Exception
{
    private ExchangeMismatchException(int rank, int peer, string message)
        : base(message)
    {
        Rank = rank;
        Peer = peer;
    }

    /// <summary>The rank that found the mismatch.</summary>
    public int Rank { get; }

    /// <summary>The rank whose value differs.</summary>
    public int Peer { get; }

    /// <summary>Creates the exception for two ranks whose n-th exchanges have different tags.</summary>
    public static ExchangeMismatchException OfTags(int rank, ExchangeTag tag, int peer, ExchangeTag peerTag) =>
        new(rank, peer, $"Rank {rank} starts {tag}, but rank {peer} started {peerTag} in its place. "
            + "All ranks must start the same exchanges in the same order.");

    /// <summary>Creates the exception for a destination that expects another length than the source sends.</summary>
    public static ExchangeMismatchException OfLengths(
        int rank, ExchangeTag tag, int source, long sent, int destination, long expected) =>
        new(rank, rank == source ? destination : source,
            $"{tag}: rank {source} sends {sent} bytes to rank {destination}, which expects {expected}.");
}
