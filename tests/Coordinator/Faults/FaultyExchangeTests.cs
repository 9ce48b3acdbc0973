using System.Diagnostics;
using Distributed.Coordinator.Tests.Support;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using Distributed.Worker.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the exchange of a rank over a faulty link.</summary>
public sealed class FaultyExchangeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly ExchangeTag Tag = new(Epoch: 1, Step: 4, MicroBatch: 0, Layer: 2, ExchangePhase.Dispatch);
    private readonly ManualTime _time = new();
    private readonly LinkFaults _link;
    private readonly FaultyExchange _faulty;
    private readonly IExchange _other;

    public FaultyExchangeTests()
    {
        _link = new LinkFaults(_time);
        var fabric = new InMemoryFabric(2, new ExchangeOptions { Timeout = Bound });
        (_faulty, _other) = (new FaultyExchange(fabric.Endpoint(0), _link), fabric.Endpoint(1));
    }

    [Fact]
    public void Exchange_WithoutFaults_DelegatesToTheInnerOne()
    {
        var handle = Start(_faulty);
        Start(_other).Wait();

        handle.Wait();
        Assert.Equal((0, 2), (_faulty.Rank, _faulty.Size));
    }

    [Fact]
    public async Task Exchange_OverASlowLink_IsDelayedByItsLatency()
    {
        _link.Slow(TimeSpan.FromSeconds(10), latency: TimeSpan.FromSeconds(2), bytesPerSecond: 1e6);
        var handle = Start(_faulty);
        Start(_other).Wait();

        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(handle.IsCompleted);
        var waiting = Task.Run(handle.Wait, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(handle.IsCompleted);
        await AdvanceUntilEndedAsync(waiting);
    }

    [Fact]
    public unsafe void Exchange_OverASlowLink_TransfersItsBytesSequentiallyAtTheBandwidth()
    {
        var bytes = stackalloc byte[1000];
        _link.Slow(TimeSpan.FromSeconds(10), TimeSpan.Zero, bytesPerSecond: 1000);
        ExchangeBuffer[] send = [default, new((nint)bytes, 1000)];
        IExchangeHandle[] handles = [_faulty.Start(Tag, send, new ExchangeBuffer[2]), _faulty.Start(Tag, send, new ExchangeBuffer[2])];
        var received = stackalloc byte[1000];
        for (var i = 0; i < 2; i++) _other.Start(Tag, new ExchangeBuffer[2], [new((nint)received, 1000), default]).Wait();

        Assert.Equal([false, false], handles.Select(handle => handle.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, false], handles.Select(handle => handle.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([true, true], handles.Select(handle => handle.IsCompleted));
    }

    [Fact]
    public void Exchange_OnceTheLinkIsFastAgain_DelegatesToTheInnerOne()
    {
        _link.Slow(TimeSpan.FromSeconds(3), latency: TimeSpan.FromSeconds(2), bytesPerSecond: 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        var handle = Start(_faulty);
        Start(_other).Wait();

        handle.Wait();
    }

    [Fact]
    public async Task Exchange_OverAPartitionedLink_BeginsWhenThePartitionEnds()
    {
        _link.Partition(TimeSpan.FromSeconds(3));
        var both = Task.Run(() => Start(_faulty).Wait(), TestContext.Current.CancellationToken);
        var handle = Start(_other);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(handle.IsCompleted);

        await AdvanceUntilEndedAsync(both);
        handle.Wait();
    }

    [Fact]
    public async Task Abort_WhileTheLinkIsPartitioned_EndsTheWaitAtOnce()
    {
        _link.Partition(TimeSpan.FromDays(1));
        var starting = Task.Run(() => Start(_faulty).Wait(), TestContext.Current.CancellationToken);

        _faulty.Abort(new InvalidOperationException("fenced"));

        var error = await Assert.ThrowsAsync<ExchangeAbortedException>(
            () => starting.WaitAsync(Bound, TestContext.Current.CancellationToken));
        Assert.Contains("fenced", error.Message);
    }

    [Fact]
    public void Exchange_OneFrameIsCorrupt_TheReceiverDetectsItAndNamesTheSender()
    {
        var noted = 0;
        _link.CorruptNext(() => noted++);
        var handle = Start(_faulty);

        var found = Assert.Throws<ExchangeMismatchException>(() => Start(_other).Wait());

        Assert.Equal((1, 0, 1), (found.Rank, found.Peer, noted));
        Assert.Throws<ExchangeAbortedException>(handle.Wait);
    }

    // A wait on another thread may begin at any time, also after an advance that would have ended it.
    private async Task AdvanceUntilEndedAsync(Task waiting)
    {
        for (var clock = Stopwatch.StartNew(); !waiting.IsCompleted && clock.Elapsed < Bound;)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await waiting.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    private static IExchangeHandle Start(IExchange end) => end.Start(Tag, new ExchangeBuffer[2], new ExchangeBuffer[2]);
}
