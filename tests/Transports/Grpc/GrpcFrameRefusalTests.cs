using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

/// <summary>How a server handles invalid frames.</summary>
public sealed class GrpcFrameRefusalTests
{
    private static readonly ExchangeTag Tag = Traffic.Tag(0);

    // Rank 1 sends 64 bytes to rank 0 and expects nothing.
    private static TestFrame Announcement => new() { Lengths = [64, 0, 0, 0], Payload = [.. Enumerable.Range(1, 64).Select(i => (byte)i)] };

    private static TestFrame Chunk => new() { Kind = 2, Ranks = 0, Payload = new byte[32] };

    public static TheoryData<string, RefusalKind> Broken => new()
    {
        { "magic", RefusalKind.Malformed },
        { "kind", RefusalKind.Malformed },
        { "short", RefusalKind.Malformed },
        { "empty", RefusalKind.Malformed },
        { "version", RefusalKind.Version },
        { "source", RefusalKind.Membership },
        { "group", RefusalKind.Membership },
        { "negative group", RefusalKind.Membership },
        { "more ranks", RefusalKind.Length },
        { "fewer bytes than stated", RefusalKind.Length },
        { "more bytes than stated", RefusalKind.Length },
        { "a length that wraps around", RefusalKind.Length },
        { "a message of 2 GiB", RefusalKind.Length },
        { "a negative length announced", RefusalKind.Length },
        { "part of a payload", RefusalKind.Length },
        { "an exchange too far", RefusalKind.Order },
        { "a chunk of no exchange", RefusalKind.Order },
        { "a chunk of another tag", RefusalKind.Order },
        { "a chunk beyond its buffer", RefusalKind.Length },
        { "a chunk before its buffer", RefusalKind.Length },
        { "a chunk at the largest offset", RefusalKind.Length },
        { "a leave after exchanges that did not start", RefusalKind.Order },
        { "a progress below the last", RefusalKind.Order },
        { "a progress with a payload", RefusalKind.Length },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Frame_Invalid_IsRefusedAndThePeerNamed(string wrong, RefusalKind kind)
    {
        await using var peer = await FakePeer.StartAsync();
        await using var world = await GrpcWorld.StartAsync(1);
        var end = await peer.ConnectAsync(world);
        using var memory = new NativeBytes(64);
        var handle = end.Start(Tag, new ExchangeBuffer[2], [default, memory.Buffer]);

        peer.SendRaw(Make(wrong));

        var aborted = Assert.Throws<ExchangeAbortedException>(handle.Wait);
        Assert.Equal((0, 1), (aborted.Rank, aborted.CulpritRank));
        Assert.Contains($"Rank 1 at {peer.Address}", aborted.Message);
        Assert.Equal(1, world.Servers[0].RefusalCount(kind));
        Assert.Equal(new byte[64], memory.Bytes.ToArray());
        Assert.True(memory.IsGuardIntact);
    }

    [Theory]
    [InlineData(true, RefusalKind.StaleEpoch)]
    [InlineData(false, RefusalKind.Identity)]
    public async Task Frame_OfAnotherEpochOrJob_IsDroppedAndTheExchangeContinues(bool stale, RefusalKind kind)
    {
        await using var peer = await FakePeer.StartAsync();
        await using var world = await GrpcWorld.StartAsync(1);
        var end = await peer.ConnectAsync(world);
        using var memory = new NativeBytes(64);
        var handle = end.Start(Tag, new ExchangeBuffer[2], [default, memory.Buffer]);
        var other = Announcement with { Payload = new byte[64] };

        peer.Send(stale ? other with { Epoch = 0 } : other with { Identity = "6:test-2/learners" });
        peer.Send(Announcement);

        handle.Wait();
        Assert.Equal(Announcement.Payload, memory.Bytes.ToArray());
        Assert.Equal(1, world.Servers[0].RefusalCount(kind));
    }

    [Fact]
    public async Task Announcements_MoreThanMayBeHeld_AreRefused()
    {
        await using var peer = await FakePeer.StartAsync();
        await using var world = await GrpcWorld.StartAsync(1);
        var end = await peer.ConnectAsync(world);
        const int Bytes = 256 << 10; // a quarter of the 1 MiB that a peer may send before this rank starts the exchanges

        for (var exchange = 0; exchange < 5; exchange++)
            peer.Send(
                new TestFrame { Exchange = exchange, Tag = Traffic.Tag(exchange), Lengths = [Bytes, 0, 0, 0], Payload = new byte[Bytes] });

        Assert.True(SpinWait.SpinUntil(() => world.Servers[0].RefusalCount(RefusalKind.Length) == 1, TimeSpan.FromSeconds(30)));
        var aborted = Assert.Throws<ExchangeAbortedException>(() =>
        {
            using var memory = new NativeBytes(Bytes);
            for (var exchange = 0; exchange < 5; exchange++)
                end.Start(Traffic.Tag(exchange), new ExchangeBuffer[2], [default, memory.Buffer]).Wait();
        });
        Assert.Equal(1, aborted.CulpritRank);
    }

    private static byte[] Make(string wrong) => wrong switch
    {
        "short" => RawRank.Framed(Announcement.ToBytes()[..40]),
        "empty" => RawRank.Framed([]),
        "a message of 2 GiB" => [0, 0x7F, 0xFF, 0xFF, 0xFF, .. Announcement.ToBytes()],
        _ => RawRank.Framed((wrong switch
        {
            "magic" => Announcement with { Magic = 0xDEAD_BEEF },
            "kind" => Announcement with { Kind = 9 },
            "version" => Announcement with { Version = 7 },
            "source" => Announcement with { Source = 0 },
            "group" => Announcement with { Group = 1 },
            "negative group" => Announcement with { Group = -1 },
            "more ranks" => Announcement with { Ranks = 3, Lengths = [64, 0, 0, 0, 0, 0] },
            "fewer bytes than stated" => Announcement with { Length = 65 },
            "more bytes than stated" => Announcement with { Length = 63 },
            "a length that wraps around" => Announcement with { Length = long.MaxValue - 100 },
            "a negative length announced" => Announcement with { Lengths = [64, -1, 0, 0] },
            "part of a payload" => Announcement with { Payload = new byte[63] },
            "an exchange too far" => Announcement with { Exchange = 1 },
            "a chunk of no exchange" => Chunk with { Exchange = 1 },
            "a chunk of another tag" => Chunk with { Tag = Traffic.Tag(1) },
            "a chunk beyond its buffer" => Chunk with { Offset = 33 },
            "a chunk before its buffer" => Chunk with { Offset = -1 },
            "a chunk at the largest offset" => Chunk with { Offset = long.MaxValue },
            "a leave after exchanges that did not start" => new TestFrame { Kind = 3, Ranks = 0, Exchange = 2 },
            "a progress below the last" => new TestFrame { Kind = 4, Ranks = 0, Exchange = -1 },
            "a progress with a payload" => new TestFrame { Kind = 4, Ranks = 0, Exchange = 1, Payload = new byte[8] },
            _ => throw new ArgumentOutOfRangeException(nameof(wrong), wrong, null),
        }).ToBytes()),
    };
}
