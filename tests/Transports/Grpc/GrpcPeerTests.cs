using System.Diagnostics;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Peers that are lost, stall or read slowly. Not parallel: the tests measure times, and the memory of the process.</summary>
[CollectionDefinition(nameof(GrpcPeerTests), DisableParallelization = true)]
[Collection(nameof(GrpcPeerTests))]
public sealed class GrpcPeerTests
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromMinutes(1);

    // A dead process is detected by its connection: with these settings no timer can end the waits.
    private static GrpcExchangeServerOptions ServerOptions => new() { PingTimeout = Patience };

    [Fact]
    public async Task Wait_ThePeersProcessIsKilled_NamesItWithinASecond()
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => ServerOptions);
        using var process = await GrpcRankProcess.StartAsync(world.Addresses[0]);
        var fabric = await world.ConnectAsync(0, world.Member(0) with { Addresses = [world.Addresses[0], process.Address] });
        ExchangeBarrier(fabric.World, 0);
        var handle = fabric.World.Start(Traffic.Tag(1), new ExchangeBuffer[2], new ExchangeBuffer[2]);

        process.Kill();
        var clock = Stopwatch.StartNew();

        var error = Assert.Throws<ExchangeAbortedException>(handle.Wait);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, AtOnce);
        Assert.Equal((0, 1), (error.Rank, error.CulpritRank));
        Assert.Contains($"Rank 1 at {process.Address} is lost: the connection broke", error.Message);
    }

    [Fact]
    public async Task Wait_ThePeersProcessIsStopped_NamesItAfterTheSilence()
    {
        await using var world = await GrpcWorld.StartAsync(1,
            _ => new GrpcExchangeServerOptions { PingTimeout = TimeSpan.FromSeconds(1), CloseTimeout = TimeSpan.FromMilliseconds(200) });
        using var process = await GrpcRankProcess.StartAsync(world.Addresses[0]);
        var fabric = await world.ConnectAsync(0, world.Member(0) with { Addresses = [world.Addresses[0], process.Address] });
        ExchangeBarrier(fabric.World, 0);

        process.Stop();

        var error = Assert.Throws<ExchangeAbortedException>(() => ExchangeBarrier(fabric.World, 1));
        Assert.Equal(1, error.CulpritRank);
        Assert.Contains($"Rank 1 at {process.Address} is lost", error.Message);
    }

    [Fact]
    public async Task Wait_ThePeerEndsItsConnection_NamesItWithinASecond()
    {
        await using var world = await GrpcWorld.StartAsync(1, _ => ServerOptions);
        var peer = await FakePeer.StartAsync();
        var end = await peer.ConnectAsync(world);
        var handle = end.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]);

        var clock = Stopwatch.StartNew();
        await peer.DisposeAsync();

        Assert.Equal(1, Assert.Throws<ExchangeAbortedException>(handle.Wait).CulpritRank);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, AtOnce);
    }

    [Fact]
    public async Task Send_ToAPeerThatReadsSlowly_WaitsInTheCallersMemory()
    {
        const int Bytes = 192 << 20, Bound = 32 << 20;
        using var memory = new NativeBytes(Bytes); // outlives the sender if an assertion fails
        await using var peer = await FakePeer.StartAsync();
        await using var world = await GrpcWorld.StartAsync(1, _ => new GrpcExchangeServerOptions { DataLanes = 1, PingTimeout = Patience });
        var end = await peer.ConnectAsync(world);
        using var lane = await peer.ReadAsync(lane: 1);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var handle = end.Start(Traffic.Tag(0), [default, memory.Buffer], new ExchangeBuffer[2]);

        peer.Send(new TestFrame { Lengths = [0, 0, Bytes, 0] }); // it expects all of it

        Assert.False(SpinWait.SpinUntil(() => handle.IsCompleted, AtOnce), "the exchange is complete although the peer has read nothing");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, long.MinValue, Bound);
        var buffer = new byte[1 << 20];
        for (var read = 0L; read < Bytes;)
        {
            var now = await lane.ReadAsync(buffer, TestContext.Current.CancellationToken);
            Assert.NotEqual(0, now);
            read += now;
            if (read / Bound != (read - now) / Bound)
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, long.MinValue, 2 * Bound);
        }
        handle.Wait();
    }

    private static void ExchangeBarrier(IExchange end, int round) =>
        end.Start(Traffic.Tag(round), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
}
