using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>The contract over shared memory; each rank has its own mapping.</summary>
public class SameHostExchangeTests : ExchangeContractTests, IDisposable
{
    private readonly HostFolder _folder = new();

    protected virtual long RingBytes => 4 << 20;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        Assert.SkipUnless(SameHostGroups.IsAvailable, "needs Linux");
        var ends = new IExchange[size];
        RankThreads.Run(size, rank => ends[rank] = _folder.Connect(rank, size, options, RingBytes));
        return ends;
    }
}

/// <summary>The contract with a ring that is smaller than most messages.</summary>
public sealed class SmallRingExchangeTests : SameHostExchangeTests
{
    protected override long RingBytes => 64 << 10;

    [Fact]
    public void Exchange_MessagesManyTimesTheRing_EveryByteArrivesBothWays()
    {
        const int Bytes = (3 << 20) + 7;
        var ends = Connect(3, new ExchangeOptions());

        RankThreads.Run(3, rank =>
        {
            NativeBytes[] send = [.. Enumerable.Range(0, 3).Select(_ => new NativeBytes(Bytes))],
                receive = [.. Enumerable.Range(0, 3).Select(_ => new NativeBytes(Bytes))];
            for (var peer = 0; peer < 3; peer++) send[peer].Bytes.Fill((byte)(16 * rank + peer));

            ends[rank].Start(Traffic.Tag(0), [.. send.Select(b => b.Buffer)], [.. receive.Select(b => b.Buffer)]).Wait();

            for (var peer = 0; peer < 3; peer++)
            {
                Assert.Equal(-1, receive[peer].Bytes.IndexOfAnyExcept((byte)(16 * peer + rank)));
                Assert.True(receive[peer].IsGuardIntact);
            }

            foreach (var bytes in send.Concat(receive)) bytes.Dispose();
        });
    }
}
