using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>The contract over gRPC. Subclasses differ in the settings.</summary>
public abstract class GrpcContractTests : ExchangeContractTests, IAsyncDisposable
{
    private readonly List<GrpcWorld> _worlds = [];

    protected virtual GrpcExchangeServerOptions ServerOptions(int rank) => new();

    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        var world = GrpcWorld.StartAsync(size, ServerOptions).GetAwaiter().GetResult();
        _worlds.Add(world);
        return [.. world.ConnectAsync(options).GetAwaiter().GetResult().Select(fabric => fabric.World)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds) await world.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The contract over the loopback interface, with default settings.</summary>
public sealed class GrpcExchangeTests : GrpcContractTests;

/// <summary>The contract with all payloads in small chunks, none in announcements.</summary>
public sealed class GrpcChunksExchangeTests : GrpcContractTests
{
    protected override GrpcExchangeServerOptions ServerOptions(int rank) => new() { EagerBytes = 0, ChunkBytes = 4096, DataLanes = 3 };
}
