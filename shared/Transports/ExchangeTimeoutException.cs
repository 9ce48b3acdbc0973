namespace Distributed.Transports;

/// <summary>Ranks did not start an exchange within <see cref="ExchangeOptions.Timeout"/>.</summary>
public sealed class ExchangeTimeoutException : TimeoutException
{
    /// <summary>Creates an exception that names the waiting rank, the exchange and the missing ranks.</summary>
    public ExchangeTimeoutException(int rank, ExchangeTag tag, TimeSpan timeout, IReadOnlyList<int> missingRanks)
        : base($"Rank {rank} waited {timeout} for {tag}, and rank{(missingRanks.Count == 1 ? "" : "s")} "
            + $"{string.Join(", ", missingRanks)} did not arrive.")
    {
        Rank = rank;
        Tag = tag;
        MissingRanks = missingRanks;
    }

    /// <summary>The rank that waited.</summary>
    public int Rank { get; }

    /// <summary>The exchange that the rank waited for.</summary>
    public ExchangeTag Tag { get; }

    /// <summary>The ranks that had not started the exchange, ascending; at least one.</summary>
    public IReadOnlyList<int> MissingRanks { get; }
}
