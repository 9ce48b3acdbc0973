using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Servers in one process on the loopback interface, one for each rank, and their connections.</summary>
internal sealed class GrpcWorld : IAsyncDisposable
{
    public static readonly GroupEpoch Identity = new(new JobId("test-1"), "learners", 1);

    private GrpcWorld(GrpcExchangeServer[] servers) => Servers = servers;

    public GrpcExchangeServer[] Servers { get; }

    public IReadOnlyList<Uri> Addresses => [.. Servers.Select(server => server.Address)];

    public static async Task<GrpcWorld> StartAsync(int size, Func<int, GrpcExchangeServerOptions>? options = null) =>
        new(await Task.WhenAll(Enumerable.Range(0, size).Select(rank => GrpcExchangeServer.StartAsync(options?.Invoke(rank)))));

    public GrpcMembership Member(int rank, GroupEpoch? identity = null) =>
        new() { Identity = identity ?? Identity, Rank = rank, Addresses = Addresses };

    public Task<GrpcFabric[]> ConnectAsync(ExchangeOptions? options = null, GroupEpoch? identity = null) =>
        Task.WhenAll(Servers.Select((server, rank) => server.ConnectAsync(Member(rank, identity), options)));

    public Task<GrpcFabric> ConnectAsync(int rank, GrpcMembership? member = null) =>
        Servers[rank].ConnectAsync(member ?? Member(rank), cancellation: TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync() => await Task.WhenAll(Servers.Select(server => server.DisposeAsync().AsTask()));
}
