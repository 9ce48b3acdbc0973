using Distributed.Transports.InMemory;

namespace Distributed.Transports.Tests.InMemory;

/// <summary>The contract between threads of one process.</summary>
public sealed class InMemoryExchangeTests : ExchangeContractTests
{
    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        var fabric = new InMemoryFabric(size, options);
        return [.. Enumerable.Range(0, size).Select(fabric.Endpoint)];
    }

    [Fact]
    public void Constructor_SettingsOutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryFabric(0));
        var error = Assert.Throws<ArgumentException>(() => new InMemoryFabric(2, new ExchangeOptions { Timeout = TimeSpan.Zero }));
        Assert.Contains("Timeout is 00:00:00", error.Message);
    }

    [Fact]
    public void Endpoint_RankOutOfRange_IsRefused()
    {
        var fabric = new InMemoryFabric(2);

        Assert.Throws<ArgumentOutOfRangeException>(() => fabric.Endpoint(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => fabric.Endpoint(-1));
        Assert.Same(fabric.Endpoint(1), fabric.Endpoint(1));
    }

    [Fact]
    public void Wait_OnAnotherClock_TimesOutByThatClock()
    {
        var clock = new ManualClock();
        var ends = Connect(2, new ExchangeOptions { Timeout = TimeSpan.FromMinutes(5), TimeProvider = clock });

        var thrown = RankThreads.Catch(2, rank =>
        {
            if (rank == 0) ends[0].Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
            else clock.AdvanceOnceATimerIsSet(TimeSpan.FromMinutes(5));
        });

        Assert.Equal([1], Assert.IsType<ExchangeTimeoutException>(thrown[0]).MissingRanks);
        Assert.Null(thrown[1]);
    }
}

/// <summary>The contract over a slow simulated link.</summary>
public sealed class SlowInMemoryExchangeTests : ExchangeContractTests
{
    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        var fabric = new InMemoryFabric(size, options, new SimulatedLink { Latency = TimeSpan.FromMicroseconds(20), BytesPerSecond = 1e9 });
        return [.. Enumerable.Range(0, size).Select(fabric.Endpoint)];
    }
}
