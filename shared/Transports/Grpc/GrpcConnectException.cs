namespace Distributed.Transports.Grpc;

/// <summary>A rank could not be connected with the others of its group.</summary>
public sealed class GrpcConnectException : Exception
{
    /// <summary>Names who could not be reached and why.</summary>
    public GrpcConnectException(int rank, IReadOnlyDictionary<int, string> missing, Exception? inner = null)
        : base($"Rank {rank} is not connected with "
            + string.Join("; ", missing.OrderBy(each => each.Key).Select(each => $"rank {each.Key}: {each.Value}")) + ".", inner)
    {
        Rank = rank;
        MissingRanks = [.. missing.Keys.Order()];
    }

    /// <summary>The rank that connects.</summary>
    public int Rank { get; }

    /// <summary>Those that it could not connect with, ascending.</summary>
    public IReadOnlyList<int> MissingRanks { get; }
}
