using System.Net;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>Which callers may join a group, and how the others are refused.</summary>
public sealed class GrpcHandshakeTests
{
    private const string FailedPrecondition = "9", NotFound = "5", ResourceExhausted = "8", InvalidArgument = "3";

    private static ExchangeHello Hello(long epoch = 1, int rank = 1, int size = 2) =>
        new() { Version = 1, Identity = (GrpcWorld.Identity with { Epoch = epoch }).At(0), Rank = rank, Size = size };

    [Theory]
    [InlineData("stale epoch", RefusalKind.StaleEpoch)]
    [InlineData("version", RefusalKind.Version)]
    [InlineData("no identity", RefusalKind.Malformed)]
    [InlineData("size", RefusalKind.Membership)]
    [InlineData("rank", RefusalKind.Membership)]
    [InlineData("groups", RefusalKind.Membership)]
    public async Task Join_WithAWrongField_IsRefusedAndCounted(string wrong, RefusalKind kind)
    {
        await using var world = await GrpcWorld.StartAsync(2);
        await world.ConnectAsync(identity: GrpcWorld.Identity with { Epoch = 3 });
        var hello = Hello(epoch: 3);
        if (wrong == "stale epoch") hello.Identity.Epoch = 2;
        if (wrong == "version") hello.Version = 2;
        if (wrong == "no identity") hello.Identity = null;
        if (wrong == "size") hello.Size = 3;
        if (wrong == "rank") hello.Rank = 0;
        if (wrong == "groups") hello.Groups.Add(new ExchangeGroup { Name = "experts", Ranks = { 0, 1 } });
        using var client = new RawRank(world.Addresses[0]);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.JoinAsync(hello));

        Assert.Equal(FailedPrecondition, error.Status);
        Assert.Equal(1, world.Servers[0].RefusalCount(kind));
        Assert.Equal(0, world.Servers[1].RefusalCount(kind));
    }

    [Theory]
    [InlineData("test-1", "learners", 2)]
    [InlineData("test-1", "rollouts", 1)]
    [InlineData("test-2", "learners", 1)]
    public async Task Join_ToANodeThatHasNotJoined_IsAnsweredWithNotFound(string job, string group, long epoch)
    {
        await using var world = await GrpcWorld.StartAsync(2);
        await world.ConnectAsync();
        using var client = new RawRank(world.Addresses[0]);
        var hello = Hello();
        hello.Identity = new GroupEpoch(new JobId(job), group, epoch).At(0);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.JoinAsync(hello));

        Assert.Equal(NotFound, error.Status);
    }

    [Fact]
    public async Task Attach_ToALaneThatIsRead_IsRefusedAndDoesNotDisturbTheGroup()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync();
        using var client = new RawRank(world.Addresses[0]);

        await Assert.ThrowsAsync<RawRank.Refused>(() => client.AttachAsync(Hello(), 0));
        await Assert.ThrowsAsync<RawRank.Refused>(() => client.AttachAsync(Hello(), 99));

        Assert.Equal(2, world.Servers[0].RefusalCount(RefusalKind.Membership));
        ExchangeOnce(fabrics);
    }

    [Fact]
    public async Task Attach_OfAStaleEpoch_IsRefusedAndDoesNotDisturbTheGroup()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync(identity: GrpcWorld.Identity with { Epoch = 2 });
        using var client = new RawRank(world.Addresses[0]);

        var error = await Assert.ThrowsAsync<RawRank.Refused>(() => client.AttachAsync(Hello(epoch: 1), 0));

        Assert.Contains("epoch 1 has ended", error.Message);
        Assert.Equal(1, world.Servers[0].RefusalCount(RefusalKind.StaleEpoch));
        ExchangeOnce(fabrics);
    }

    [Fact]
    public async Task Abort_OfAStaleEpoch_IsRefusedAndFencesNoRank()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync(identity: GrpcWorld.Identity with { Epoch = 2 });
        using var client = new RawRank(world.Addresses[0]);
        var notice = new AbortNotice { Identity = GrpcWorld.Identity.At(0), Sender = 1, Culprit = 1, Id = "late", Reason = "late" };

        await Assert.ThrowsAsync<RawRank.Refused>(() => client.CallAsync("Abort", Google.Protobuf.MessageExtensions.ToByteArray(notice)));

        Assert.Equal(1, world.Servers[0].RefusalCount(RefusalKind.StaleEpoch));
        ExchangeOnce(fabrics);
    }

    [Fact]
    public async Task Join_GarbageOrOversized_IsRefusedAndDoesNotDisturbTheGroup()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync();
        using var client = new RawRank(world.Addresses[0]);
        byte[] garbage = [.. Enumerable.Repeat((byte)0xFF, 100)];
        byte[] promisesTwoGiB = [0, 0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3];

        Assert.Equal(InvalidArgument, (await Assert.ThrowsAsync<RawRank.Refused>(() => client.CallAsync("Join", garbage))).Status);
        Assert.Equal(ResourceExhausted,
            (await Assert.ThrowsAsync<RawRank.Refused>(() => client.CallFramedAsync("Join", promisesTwoGiB))).Status);

        Assert.Equal((1, 1), (world.Servers[0].RefusalCount(RefusalKind.Malformed), world.Servers[0].RefusalCount(RefusalKind.Length)));
        ExchangeOnce(fabrics);
    }

    [Fact]
    public async Task Connect_WithAStaleEpoch_IsRefusedAtOnceNamingThePeer()
    {
        await using var world = await GrpcWorld.StartAsync(3);
        await Task.WhenAll(new[] { 0, 1 }.Select(rank => world.ConnectAsync(
            rank, world.Member(rank, GrpcWorld.Identity with { Epoch = 2 }) with { Addresses = [.. world.Addresses.Take(2)] })));

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(
            2, world.Member(0) with { Addresses = [world.Addresses[2], world.Addresses[1]] }));

        Assert.Equal([1], error.MissingRanks);
        Assert.Contains("test-1/learners epoch 1 has ended", error.Message);
        Assert.Equal(1, world.Servers[1].RefusalCount(RefusalKind.StaleEpoch));
    }

    [Fact]
    public async Task Connect_ANewEpoch_EndsTheEarlierOne()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var earlier = await world.ConnectAsync();
        var later = await world.ConnectAsync(identity: GrpcWorld.Identity with { Epoch = 2 });

        Assert.Throws<ObjectDisposedException>(() => earlier[0].World.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.ConnectAsync(0));
        ExchangeOnce(later);
    }

    [Fact]
    public async Task Connect_APeerNeverConnects_NamesItAfterTheTimeout()
    {
        await using var world = await GrpcWorld.StartAsync(2,
            _ => new GrpcExchangeServerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) });

        var error = await Assert.ThrowsAsync<GrpcConnectException>(() => world.ConnectAsync(0));

        Assert.Equal([1], error.MissingRanks);
        Assert.Contains("this server is not in test-1/learners epoch 1", error.Message);
    }

    [Fact]
    public async Task Connect_APeerConnectsLater_Waits()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var first = world.ConnectAsync(0);
        using var client = new RawRank(world.Addresses[0]);
        await client.JoinAsync(Hello()); // rank 0 is now in the group
        Assert.False(first.IsCompleted);

        var second = await world.ConnectAsync(1);

        ExchangeOnce([await first, second]);
    }

    [Fact]
    public async Task Start_ReachableByOtherHostsWithoutTls_IsRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => GrpcExchangeServer.StartAsync(new GrpcExchangeServerOptions { Listen = IPAddress.Any, DataLanes = 0 },
                TestContext.Current.CancellationToken));

        Assert.Contains("Listen is 0.0.0.0", error.Message);
        Assert.Contains("DataLanes is 0", error.Message);
    }

    [Fact]
    public async Task Connect_ToAnotherMachineWithoutTls_IsRefused()
    {
        await using var world = await GrpcWorld.StartAsync(1);
        var member = world.Member(0) with { Addresses = [world.Addresses[0], new Uri("http://192.0.2.7:5000")] };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => world.ConnectAsync(0, member));

        Assert.Contains("Rank 1 is at http://192.0.2.7:5000", error.Message);
    }

    private static void ExchangeOnce(IReadOnlyList<GrpcFabric> fabrics) => RankThreads.Run(fabrics.Count, rank =>
    {
        using var traffic = new Traffic(fabrics.Count, rank, 0);
        traffic.Start(fabrics[rank].World).Wait();
        traffic.AssertArrived();
    });
}
