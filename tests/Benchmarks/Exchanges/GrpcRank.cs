using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.Grpc;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>A rank's end of an exchange over gRPC; ranks tell each other their addresses by files.</summary>
internal static class GrpcRank
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    /// <summary>Returns when all ranks have come. The node lasts as long as the process.</summary>
    public static IExchange Connect(string folder, int rank, int ranks)
    {
        var node = GrpcNode.StartAsync().GetAwaiter().GetResult();
        File.WriteAllText(Place(rank) + ".partial", node.Address.ToString());
        File.Move(Place(rank) + ".partial", Place(rank));
        Uri[] addresses = [.. Enumerable.Range(0, ranks).Select(peer => SpinWait.SpinUntil(() => File.Exists(Place(peer)), Bound)
            ? new Uri(File.ReadAllText(Place(peer)))
            : throw new TimeoutException($"Rank {peer} did not come."))];
        return node.ConnectAsync(new GrpcMembership { Identity = new GroupEpoch(new JobId("benchmark"), "grpc", 1), Rank = rank, Addresses = addresses }).GetAwaiter().GetResult().World;

        string Place(int of) => Path.Combine(folder, $"grpc-{of}");
    }
}
