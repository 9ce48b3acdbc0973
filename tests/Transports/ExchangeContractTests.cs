namespace Distributed.Transports.Tests;

/// <summary>The contract of <see cref="IExchange"/>, tested for every implementation.</summary>
public abstract partial class ExchangeContractTests
{
    /// <summary>Connects a new group. Returns one end for each rank.</summary>
    protected abstract IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options);

    [Fact]
    public void Ends_OfAGroup_KnowTheirRankAndSize()
    {
        var ends = Connect(3, new ExchangeOptions());

        Assert.Equal([0, 1, 2], ends.Select(end => end.Rank));
        Assert.All(ends, end => Assert.Equal(3, end.Size));
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 40)]
    [InlineData(3, 40)]
    [InlineData(5, 25)]
    public void Exchange_RandomSizesManyRounds_EveryByteArrives(int size, int rounds)
    {
        var ends = Connect(size, new ExchangeOptions());

        RankThreads.Run(size, rank =>
        {
            for (var round = 0; round < rounds; round++)
            {
                using var traffic = new Traffic(size, rank, round);
                traffic.Start(ends[rank]).Wait();
                traffic.AssertArrived();
            }
        });
    }

    [Fact]
    public void Exchange_SeveralInFlight_MayBeWaitedForInAnyOrder()
    {
        const int Size = 4, Rounds = 12, Depth = 5;
        var ends = Connect(Size, new ExchangeOptions());

        RankThreads.Run(Size, rank =>
        {
            var random = new Random(rank);
            for (var round = 0; round < Rounds; round++)
            {
                var traffic = Enumerable.Range(0, Depth).Select(i => new Traffic(Size, rank, round * Depth + i)).ToArray();
                var handles = traffic.Select(t => t.Start(ends[rank])).ToArray();
                var order = Enumerable.Range(0, Depth).ToArray();
                random.Shuffle(order);
                foreach (var i in order)
                {
                    handles[i].Wait();
                    handles[i].Wait(); // again: returns at once
                    Assert.True(handles[i].IsCompleted);
                    traffic[i].AssertArrived();
                    traffic[i].Dispose();
                }
            }
        });
    }

    [Fact]
    public void Exchange_RanksWaitInOppositeOrders_Completes()
    {
        var ends = Connect(2, new ExchangeOptions());

        RankThreads.Run(2, rank =>
        {
            using var first = new Traffic(2, rank, 1);
            using var second = new Traffic(2, rank, 2);
            IExchangeHandle[] handles = [first.Start(ends[rank]), second.Start(ends[rank])];
            if (rank == 1) Array.Reverse(handles);
            foreach (var handle in handles) handle.Wait();
            first.AssertArrived();
            second.AssertArrived();
        });
    }

    [Fact]
    public void IsCompleted_APeerHasNotStarted_IsFalseAndThenTurnsTrueWithoutWait()
    {
        var ends = Connect(2, new ExchangeOptions());
        using var left = new Traffic(2, 0, 3);
        using var right = new Traffic(2, 1, 3);

        var first = left.Start(ends[0]);
        Assert.False(first.IsCompleted);

        var second = right.Start(ends[1]);
        Assert.True(SpinWait.SpinUntil(() => first.IsCompleted && second.IsCompleted, TimeSpan.FromSeconds(30)));
        left.AssertArrived();
        right.AssertArrived();
    }

    [Fact]
    public void Wait_EmptyBuffers_IsABarrier()
    {
        const int Size = 4;
        var ends = Connect(Size, new ExchangeOptions());
        var arrived = 0;

        RankThreads.Run(Size, rank =>
        {
            for (var round = 1; round <= 20; round++)
            {
                Interlocked.Increment(ref arrived);
                ends[rank].Start(Traffic.Tag(round), new ExchangeBuffer[Size], new ExchangeBuffer[Size]).Wait();
                Assert.True(Volatile.Read(ref arrived) >= round * Size);
            }
        });
    }

    [Fact]
    public void Start_APeerIsFarBehind_ReturnsAndLeavesTheBytesWithTheCaller()
    {
        const int Exchanges = 6, Bytes = 32 << 20, Bound = 2 * Bytes;
        var ends = Connect(2, new ExchangeOptions());
        NativeBytes[] sent = [.. Enumerable.Range(0, Exchanges).Select(_ => new NativeBytes(Bytes))],
            received = [.. Enumerable.Range(0, Exchanges).Select(_ => new NativeBytes(Bytes))];
        for (var i = 0; i < Exchanges; i++) sent[i].Bytes.Fill((byte)(i + 1));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        // The peer has started none of the exchanges, so no start may wait for it.
        IExchangeHandle[] handles =
        [
            .. sent.Select((memory, i) => ends[0].Start(Traffic.Tag(i), [default, memory.Buffer], new ExchangeBuffer[2])),
        ];
        Assert.DoesNotContain(handles, handle => handle.IsCompleted);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Bound);

        RankThreads.Run(2, rank =>
        {
            if (rank == 0) foreach (var handle in handles) handle.Wait();
            else for (var i = 0; i < Exchanges; i++)
                ends[1].Start(Traffic.Tag(i), new ExchangeBuffer[2], [received[i].Buffer, default]).Wait();
        });

        for (var i = 0; i < Exchanges; i++)
        {
            Assert.Equal(-1, received[i].Bytes.IndexOfAnyExcept((byte)(i + 1)));
            Assert.True(received[i].IsGuardIntact);
        }
        foreach (var memory in sent.Concat(received)) memory.Dispose();
    }

    [Fact]
    public void Dispose_AfterTheLastExchange_DoesNotDisturbOtherRanks()
    {
        const int Size = 3;
        var ends = Connect(Size, new ExchangeOptions());

        RankThreads.Run(Size, rank =>
        {
            using var traffic = new Traffic(Size, rank, 0);
            traffic.Start(ends[rank]).Wait();
            ends[rank].Dispose();
            traffic.AssertArrived();
        });
    }
}
