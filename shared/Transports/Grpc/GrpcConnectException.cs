namespace Distributed.Transports.Grpc;

/// <summary>A rank could not connect to other ranks of its group.</summary>
public sealed class GrpcConnectException : Exception
{
    /// <summary>Creates an exception that names the ranks that are not connected, and why.</summary>
    public GrpcConnectException(int rank, IReadOnlyDictionary<int, string> missing, Exception? inner = null)
        : base($"Rank {rank} is not connected to "
            + string.Join("; ", missing.OrderBy(each => each.Key).Select(each => $"rank {each.Key}: {each.Value}")) + ".", inner)
    {
        Rank = rank;
        MissingRanks = [.. missing.Keys.Order()];
    }

    /// <summary>The rank that tried to connect.</summary>
    public int Rank { get; }

    /// <summary>The ranks that it could not connect to, ascending.</summary>
    public IReadOnlyList<int> MissingRanks { get; }
}
