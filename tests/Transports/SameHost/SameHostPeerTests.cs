using System.Diagnostics;
using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>Processes that are lost or stall.</summary>
public sealed class SameHostPeerTests : IDisposable
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    private readonly HostFolder _folder = new();

    public SameHostPeerTests() => Assert.SkipUnless(SameHostGroups.IsAvailable, "needs Linux");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Wait_ThePeersProcessIsKilled_NamesItWithinASecond()
    {
        using var process = new SameHostRankProcess(_folder);
        using var end = Connect(new ExchangeOptions());
        var handle = Start(end, round: 1);

        process.Kill();
        var clock = Stopwatch.StartNew();

        var error = Assert.Throws<ExchangeAbortedException>(handle.Wait);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, AtOnce);
        Assert.Equal((0, 1), (error.Rank, error.CulpritRank));
        Assert.Contains($"Rank 1's process ({process.Id}) has ended", error.Message);
    }

    [Fact]
    public void Wait_ThePeersProcessIsStopped_TimesOutNamingIt()
    {
        using var process = new SameHostRankProcess(_folder);
        using var end = Connect(new ExchangeOptions { Timeout = AtOnce });

        process.Stop();

        Assert.Equal([1], Assert.Throws<ExchangeTimeoutException>(Start(end, round: 1).Wait).MissingRanks);
    }

    // Connects, and completes one exchange.
    private IExchange Connect(ExchangeOptions options)
    {
        var end = SameHostGroups.Connect(_folder.Group, rank: 0, size: 2, _folder.Options(options), TestContext.Current.CancellationToken);
        Start(end, round: 0).Wait();
        return end;
    }

    private static IExchangeHandle Start(IExchange end, int round) =>
        end.Start(Traffic.Tag(round), new ExchangeBuffer[2], new ExchangeBuffer[2]);
}
