namespace Distributed.Transports;

/// <summary>The group was fenced while, or before, this rank exchanged with it.</summary>
public sealed class ExchangeAbortedException : Exception
{
    /// <summary>Names who fenced the group and why.</summary>
    public ExchangeAbortedException(int rank, int culpritRank, Exception reason)
        : base($"Rank {rank}: the exchange was aborted because of rank {culpritRank}: {reason.Message}", reason)
    {
        Rank = rank;
        CulpritRank = culpritRank;
    }

    /// <summary>The rank that this was thrown to.</summary>
    public int Rank { get; }

    /// <summary>
    /// The rank that aborted or left, that found a mismatch, or, after a time-out, the lowest one that did not
    /// arrive. Why is in <see cref="Exception.InnerException"/>.
    /// </summary>
    public int CulpritRank { get; }
}
