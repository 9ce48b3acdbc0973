using Distributed.Transports.InMemory;

namespace Distributed.Transports.Tests.InMemory;

/// <summary>Completion times of exchanges over a link with 1 ms latency and 1 byte per microsecond.</summary>
public sealed class SimulatedLinkTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly List<NativeBytes> _memory = [];

    public void Dispose() => _memory.ForEach(bytes => bytes.Dispose());

    [Fact]
    public void IsCompleted_BothEndsPosted_IsTrueOneTransferAndOneLatencyAfterTheLater()
    {
        var ends = Connect(2);
        var first = Start(ends[0], 0, send: 3000, receive: 0);
        Pass(500);
        var second = Start(ends[1], 0, send: 0, receive: 3000);
        AssertCompletesAfter(4000, first, second);
    }

    [Fact]
    public void IsCompleted_TwoMessagesOnOneLink_AreSentOneAfterTheOther()
    {
        var ends = Connect(2);
        var first = StartBoth(ends, 0, 3000, 0);
        var second = StartBoth(ends, 1, 2000, 0);
        AssertCompletesAfter(4000, first);  // 3,000 µs of sending plus the latency
        AssertCompletesAfter(2000, second); // sending overlaps the latency of the first
    }

    [Fact]
    public void IsCompleted_OppositeDirections_DoNotWaitForEachOther()
    {
        var ends = Connect(2);
        AssertCompletesAfter(6000, StartBoth(ends, 0, 5000, 4000));
    }

    [Fact]
    public void IsCompleted_ThreeRanks_EachPairHasItsOwnLink()
    {
        var ends = Connect(3);
        int[][] sends = [[0, 1000, 9000], [0, 0, 0], [0, 0, 0]], receives = [[0, 0, 0], [1000, 0, 0], [9000, 0, 0]];
        var handles = ends.Select(end => Start(end, 0, sends[end.Rank], receives[end.Rank])).ToArray();
        AssertCompletesAfter(2000, handles[1]);
        AssertCompletesAfter(8000, handles[0], handles[2]);
    }

    [Fact]
    public void IsCompleted_EmptyExchange_CostsOneLatency() => AssertCompletesAfter(1000, StartBoth(Connect(2), 0, 0, 0));

    [Fact]
    public void IsCompleted_ExchangeWithItself_IsTrueAtOnce()
    {
        var end = Connect(1)[0];
        Assert.True(end.Start(Traffic.Tag(0), new ExchangeBuffer[1], new ExchangeBuffer[1]).IsCompleted);
    }

    [Fact]
    public void Wait_InFlight_ReturnsWhenTheTimeHasPassed()
    {
        var ends = Connect(2);
        var handles = StartBoth(ends, 0, 7000, 0);
        RankThreads.Run(2, rank =>
        {
            if (rank == 0) handles[0].Wait();
            else _clock.AdvanceOnceATimerIsSet(TimeSpan.FromMilliseconds(8));
        });
        Assert.True(handles[1].IsCompleted);
    }

    [Fact]
    public void Wait_GroupAbortedWhileInFlight_ThrowsAtOnce()
    {
        var ends = Connect(2);
        var first = StartBoth(ends, 0, 7000, 0)[0];
        ends[1].Abort(new InvalidOperationException("broken"));
        Assert.True(first.IsCompleted);
        Assert.Equal(1, Assert.Throws<ExchangeAbortedException>(first.Wait).CulpritRank);
    }

    [Fact]
    public void Constructor_SettingsOutOfRange_AreAllRefused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new InMemoryFabric(2, null, new SimulatedLink { Latency = TimeSpan.FromTicks(-1), BytesPerSecond = 0 }));
        Assert.Contains("Latency is -00:00:00.0000001", error.Message);
        Assert.Contains("BytesPerSecond is 0", error.Message);
    }

    private IReadOnlyList<IExchange> Connect(int size)
    {
        var link = new SimulatedLink { Latency = TimeSpan.FromMilliseconds(1), BytesPerSecond = 1e6 };
        var fabric = new InMemoryFabric(size, new ExchangeOptions { TimeProvider = _clock }, link);
        return [.. Enumerable.Range(0, size).Select(fabric.Endpoint)];
    }

    private IExchangeHandle[] StartBoth(IReadOnlyList<IExchange> ends, int round, int toOne, int toZero) =>
        [Start(ends[0], round, toOne, toZero), Start(ends[1], round, toZero, toOne)];

    // Two ranks: the bytes that this rank sends to the other and receives from it.
    private IExchangeHandle Start(IExchange end, int round, int send, int receive) =>
        end.Rank == 0 ? Start(end, round, [0, send], [0, receive]) : Start(end, round, [send, 0], [receive, 0]);

    private IExchangeHandle Start(IExchange end, int round, int[] send, int[] receive) =>
        end.Start(Traffic.Tag(round), [.. send.Select(Buffer)], [.. receive.Select(Buffer)]);

    private ExchangeBuffer Buffer(int length)
    {
        var bytes = new NativeBytes(length);
        _memory.Add(bytes);
        return bytes.Buffer;
    }

    private void Pass(int microseconds) => _clock.Advance(TimeSpan.FromMicroseconds(microseconds));

    private void AssertCompletesAfter(int microseconds, params IExchangeHandle[] handles)
    {
        Pass(microseconds - 1);
        Assert.All(handles, handle => Assert.False(handle.IsCompleted));
        Pass(1);
        Assert.All(handles, handle => Assert.True(handle.IsCompleted));
    }
}
