using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Nodes in one process on the loopback interface, one for each rank, and their connections.</summary>
internal sealed class GrpcWorld : IAsyncDisposable
{
    public static readonly GroupEpoch Identity = new(new JobId("test-1"), "learners", 1);

    private GrpcWorld(GrpcExchangeServer[] nodes) => Nodes = nodes;

    public GrpcExchangeServer[] Nodes { get; }

    public IReadOnlyList<Uri> Addresses => [.. Nodes.Select(node => node.Address)];

    public static async Task<GrpcWorld> StartAsync(int size, Func<int, GrpcExchangeServerOptions>? options = null) =>
        new(await Task.WhenAll(Enumerable.Range(0, size).Select(rank => GrpcExchangeServer.StartAsync(options?.Invoke(rank)))));

    public GrpcMembership Member(int rank, GroupEpoch? identity = null) =>
        new() { Identity = identity ?? Identity, Rank = rank, Addresses = Addresses };

    public Task<GrpcFabric[]> ConnectAsync(ExchangeOptions? options = null, GroupEpoch? identity = null) =>
        Task.WhenAll(Nodes.Select((node, rank) => node.ConnectAsync(Member(rank, identity), options)));

    public Task<GrpcFabric> ConnectAsync(int rank, GrpcMembership? member = null) =>
        Nodes[rank].ConnectAsync(member ?? Member(rank), cancellation: TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync() => await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
}
