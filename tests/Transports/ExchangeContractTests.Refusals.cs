namespace Distributed.Transports.Tests;

public abstract partial class ExchangeContractTests
{
    private static ExchangeBuffer[] Empty(int size) => new ExchangeBuffer[size];

    [Fact]
    public void Start_WrongArguments_IsRefusedAndTheGroupContinues()
    {
        var ends = Connect(2, new ExchangeOptions());
        var tag = Traffic.Tag(0);

        Assert.Throws<ArgumentException>(() => ends[0].Start(tag, Empty(1), Empty(2)));
        Assert.Throws<ArgumentException>(() => ends[0].Start(tag, Empty(2), Empty(3)));
        Assert.Throws<ArgumentException>(() => ends[0].Start(tag, [new(0, -1), default], Empty(2)));
        var error = Assert.Throws<ArgumentException>(() => ends[0].Start(tag, Empty(2), [default, new(0, 7)]));
        Assert.Contains("rank 1 is 7 bytes", error.Message);

        RankThreads.Run(2, rank =>
        {
            using var traffic = new Traffic(2, rank, 0);
            traffic.Start(ends[rank]).Wait();
            traffic.AssertArrived();
        });
    }

    [Theory]
    [InlineData("phase")]
    [InlineData("stale epoch")]
    [InlineData("step")]
    [InlineData("micro-batch")]
    [InlineData("layer")]
    public void Start_AnotherTagThanAPeer_NamesBothAndAbortsTheGroup(string differs)
    {
        var ends = Connect(3, new ExchangeOptions());
        var tag = Traffic.Tag(4);
        var other = differs switch
        {
            "phase" => tag with { Phase = ExchangePhase.Combine },
            "stale epoch" => tag with { Epoch = tag.Epoch - 1 },
            "step" => tag with { Step = tag.Step + 1 },
            "micro-batch" => tag with { MicroBatch = tag.MicroBatch + 1 },
            _ => tag with { Layer = tag.Layer + 1 },
        };

        var thrown = RankThreads.Catch(3, rank => ends[rank].Start(rank == 1 ? other : tag, Empty(3), Empty(3)).Wait());

        AssertMismatchAbortedAll(thrown, "rank 1", other.ToString(), tag.ToString());
    }

    [Fact]
    public void Start_AnotherLengthThanThePeerExpects_NamesBothAndAbortsTheGroup()
    {
        var ends = Connect(3, new ExchangeOptions());

        var thrown = RankThreads.Catch(3, rank =>
        {
            using var memory = new NativeBytes(64);
            var (send, receive) = (Empty(3), Empty(3));
            if (rank == 0) send[2] = memory.Buffer with { Bytes = 48 };
            if (rank == 2) receive[0] = memory.Buffer;
            ends[rank].Start(Traffic.Tag(0), send, receive).Wait();
            ends[rank].Start(Traffic.Tag(1), Empty(3), Empty(3)).Wait(); // rank 1 may have completed the first exchange
        });

        AssertMismatchAbortedAll(thrown, "rank 0 sends 48 bytes to rank 2, which expects 64");
    }

    [Fact]
    public void Start_AnotherLengthToItself_IsRefused()
    {
        using var memory = new NativeBytes(8);
        var end = Connect(1, new ExchangeOptions())[0];

        Assert.Throws<ExchangeMismatchException>(() => end.Start(Traffic.Tag(0), [memory.Buffer], Empty(1)));
        Assert.Throws<ExchangeAbortedException>(() => end.Start(Traffic.Tag(1), Empty(1), Empty(1)));
    }

    [Fact]
    public void Abort_RanksAreWaiting_WakesThemAllAndRefusesLaterStarts()
    {
        const int Size = 4;
        var ends = Connect(Size, new ExchangeOptions());
        using var started = new CountdownEvent(Size - 1);
        var reason = new InvalidOperationException("loss is not finite");

        var thrown = RankThreads.Catch(Size, rank =>
        {
            if (rank == 2)
            {
                Assert.True(started.Wait(TimeSpan.FromSeconds(30)));
                ends[rank].Abort(reason);
                return;
            }

            using var traffic = new Traffic(Size, rank, 0);
            var handle = traffic.Start(ends[rank]);
            started.Signal();
            handle.Wait();
        });

        for (var rank = 0; rank < Size; rank++)
        {
            var aborted = rank == 2
                ? Assert.Throws<ExchangeAbortedException>(() => ends[2].Start(Traffic.Tag(1), Empty(Size), Empty(Size)))
                : Assert.IsType<ExchangeAbortedException>(thrown[rank]);
            Assert.Equal((rank, 2), (aborted.Rank, aborted.CulpritRank));
            Assert.Contains("rank 2: loss is not finite", aborted.Message);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Abort_InTheMiddleOfTraffic_LetsEveryRankFreeItsBuffers(int seed)
    {
        const int Size = 4, Depth = 4;
        var ends = Connect(Size, new ExchangeOptions());

        var thrown = RankThreads.Catch(Size, rank =>
        {
            for (var round = 0; ; round++)
            {
                var traffic = Enumerable.Range(0, Depth).Select(i => new Traffic(Size, rank, round * Depth + i)).ToArray();
                try
                {
                    var handles = traffic.Select(t => t.Start(ends[rank])).ToArray();
                    if (rank == seed && round == 3 * seed) ends[rank].Abort(new InvalidOperationException("enough"));
                    foreach (var handle in handles) handle.Wait();
                    foreach (var t in traffic) t.AssertArrived();
                }
                finally
                {
                    foreach (var t in traffic) t.Dispose(); // nothing may access this memory any more
                }
            }
        });

        Assert.All(thrown, e => Assert.Equal(seed, Assert.IsType<ExchangeAbortedException>(e).CulpritRank));
    }

    [Fact]
    public void Abort_AfterAnExchangeCompleted_LeavesItComplete()
    {
        var end = Connect(1, new ExchangeOptions())[0];
        using var traffic = new Traffic(1, 0, 0);
        var handle = traffic.Start(end);
        handle.Wait();

        end.Abort(new InvalidOperationException("first"));
        end.Abort(new InvalidOperationException("second"));

        handle.Wait();
        traffic.AssertArrived();
        var aborted = Assert.Throws<ExchangeAbortedException>(() => end.Start(Traffic.Tag(1), Empty(1), Empty(1)));
        Assert.Contains("first", aborted.Message);
    }

    [Fact]
    public void Wait_ARankDoesNotStart_TimesOutNamingItAndAbortsTheGroup()
    {
        var ends = Connect(3, new ExchangeOptions { Timeout = TimeSpan.FromMilliseconds(30) });
        var tag = Traffic.Tag(9);

        var thrown = RankThreads.Catch(3, rank =>
        {
            if (rank != 1) ends[rank].Start(tag, Empty(3), Empty(3)).Wait();
        });

        var timeout = thrown.OfType<ExchangeTimeoutException>().First();
        Assert.Contains(1, timeout.MissingRanks);
        Assert.Equal(tag, timeout.Tag);
        Assert.Contains(tag.ToString(), timeout.Message);
        Assert.All([thrown[0], thrown[2]], e => Assert.True(e is ExchangeTimeoutException or ExchangeAbortedException));
        Assert.Throws<ExchangeAbortedException>(() => ends[1].Start(tag, Empty(3), Empty(3)));
    }

    [Fact]
    public void Dispose_WithAnExchangeInFlight_AbortsTheGroup()
    {
        var ends = Connect(2, new ExchangeOptions());
        var handle = ends[0].Start(Traffic.Tag(0), Empty(2), Empty(2));
        ends[0].Dispose();

        Assert.Throws<ExchangeAbortedException>(() => ends[1].Start(Traffic.Tag(0), Empty(2), Empty(2)).Wait());
        Assert.Throws<ExchangeAbortedException>(handle.Wait);
        Assert.Throws<ObjectDisposedException>(() => ends[0].Start(Traffic.Tag(1), Empty(2), Empty(2)));
    }

    [Fact]
    public void Start_AfterAPeerHasLeft_IsAborted()
    {
        var ends = Connect(2, new ExchangeOptions());
        ends[1].Dispose();

        var aborted = Assert.Throws<ExchangeAbortedException>(
            () => ends[0].Start(Traffic.Tag(0), Empty(2), Empty(2)).Wait());
        Assert.Equal(1, aborted.CulpritRank);
    }

    private static void AssertMismatchAbortedAll(Exception?[] thrown, params string[] says)
    {
        var mismatch = Assert.Single(thrown.OfType<ExchangeMismatchException>());
        Assert.All(says, text => Assert.Contains(text, mismatch.Message, StringComparison.OrdinalIgnoreCase));
        var others = thrown.Where(e => e != mismatch).ToArray();
        Assert.All(others, e => Assert.Equal(mismatch.Message, Assert.IsType<ExchangeAbortedException>(e).InnerException!.Message));
    }
}
