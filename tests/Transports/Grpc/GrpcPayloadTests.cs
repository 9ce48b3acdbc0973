using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Exchanges of large payloads.</summary>
public sealed class GrpcPayloadTests
{
    [Fact]
    public async Task Connect_TheCallerThenBlocksItsThread_DelaysNoConnection()
    {
        const int Size = 3;
        await using var world = await GrpcWorld.StartAsync(Size, _ => new GrpcExchangeServerOptions { EagerBytes = 0, ChunkBytes = 4096 });

        await Task.WhenAll(Enumerable.Range(0, Size).Select(async rank =>
        {
            var fabric = await world.Servers[rank].ConnectAsync(world.Member(rank),
                new ExchangeOptions { Timeout = TimeSpan.FromSeconds(20) });
            for (var round = 0; round < 20; round++)
            {
                using var traffic = new Traffic(Size, rank, round);
                traffic.Start(fabric.World).Wait(); // blocks like a worker that trains
                traffic.AssertArrived();
            }
        }));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(64 << 20)]
    public async Task Exchange_LargeBuffers_EveryByteArrives(int bytes)
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync(new ExchangeOptions { Timeout = TimeSpan.FromSeconds(20) });

        await Task.Run(() => RankThreads.Run(2, rank =>
        {
            using var send = new NativeBytes(bytes);
            using var receive = new NativeBytes(bytes);
            new Random(rank).NextBytes(send.Bytes);
            var (to, from) = (new ExchangeBuffer[2], new ExchangeBuffer[2]);
            (to[1 - rank], from[1 - rank]) = (send.Buffer, receive.Buffer);

            fabrics[rank].World.Start(Traffic.Tag(0), to, from).Wait();

            new Random(1 - rank).NextBytes(send.Bytes);
            Assert.True(send.Bytes.SequenceEqual(receive.Bytes));
            Assert.True(receive.IsGuardIntact);
        }), TestContext.Current.CancellationToken);
    }
}
