namespace Distributed.Transports;

/// <summary>The group was fenced during or before this rank's exchange.</summary>
public sealed class ExchangeAbortedException : Exception
{
    /// <summary>Creates an exception that names the culprit rank and the reason.</summary>
    public ExchangeAbortedException(int rank, int culpritRank, Exception reason)
        : base($"Rank {rank}: the exchange was aborted because of rank {culpritRank}: {reason.Message}", reason)
    {
        Rank = rank;
        CulpritRank = culpritRank;
    }

    /// <summary>The rank whose call threw the exception.</summary>
    public int Rank { get; }

    /// <summary>
    /// The rank that caused the abort: the one that aborted or left, that found a mismatch, or, after a time-out, the lowest
    /// rank that did not arrive. The reason is in <see cref="Exception.InnerException"/>.
    /// </summary>
    public int CulpritRank { get; }
}
