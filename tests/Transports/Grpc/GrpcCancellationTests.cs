using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Distributed.Planning;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>A rank that waits for others can be cancelled, and can connect again afterwards.</summary>
public sealed class GrpcCancellationTests
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Connect_CancelledWhileAPeerIsNotConnecting_EndsAtOnceAndCanBeRepeated()
    {
        await using var world = await GrpcWorld.StartAsync(2);

        await AssertCancelsAsync(world, world.Addresses, Task.CompletedTask);

        var both = await world.ConnectAsync();
        Assert.Equal([0, 1], both.Select(fabric => fabric.Rank));
    }

    [Fact]
    public async Task Connect_CancelledWhileAPeerAcceptsAndDoesNotAnswer_EndsAtOnce()
    {
        await using var world = await GrpcWorld.StartAsync(1);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        await AssertCancelsAsync(world, [world.Addresses[0], new Uri($"http://{silent.LocalEndpoint}")],
            silent.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task Connect_CancelledWhileAPeerHasNotReadYet_EndsAtOnce()
    {
        await using var world = await GrpcWorld.StartAsync(1);
        await using var peer = await FakePeer.StartAsync(); // answers the join and does not join itself

        var member = world.Member(0) with { Addresses = [world.Addresses[0], peer.Address] };

        await AssertCancelsAsync(cancellation => world.Servers[0].ConnectAsync(member, cancellation: cancellation), peer.Read);
    }

    private static Task AssertCancelsAsync(GrpcWorld world, IReadOnlyList<Uri> addresses, Task waits) => AssertCancelsAsync(
        cancellation => GrpcGroups.ConnectAsync(world.Servers[0], GrpcWorld.Identity, new RankGrid(2, 1), 0, addresses,
            cancellation: cancellation), waits);

    private static async Task AssertCancelsAsync(Func<CancellationToken, Task> connect, Task waits)
    {
        using var cancelling = new CancellationTokenSource();
        var connecting = connect(cancelling.Token);
        await waits.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(connecting.IsCompleted);

        var clock = Stopwatch.StartNew();
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, AtOnce);
    }
}
