using Distributed.Planning;
using Distributed.Transports.InMemory;

namespace Distributed.Transports.Tests.InMemory;

/// <summary>The groups of four ranks: two replicas of two ranks.</summary>
public sealed class InMemoryGroupsTests
{
    private static RankGroups[] Create(TimeProvider? clock = null) =>
        InMemoryGroups.Create(new RankGrid(2, 2), new ExchangeOptions { TimeProvider = clock ?? TimeProvider.System });

    [Fact]
    public void Create_ExpertParallelTimesReplicas_GivesEachRankItsRankInEachGroup()
    {
        var ranks = Create();
        Assert.Equal([0, 1, 2, 3], ranks.Select(rank => rank.World.Rank));
        Assert.Equal([0, 1, 0, 1], ranks.Select(rank => rank.Experts.Rank));
        Assert.Equal([0, 0, 1, 1], ranks.Select(rank => rank.Replicas.Rank));
        Assert.All(ranks, rank => Assert.Equal((4, 2, 2), (rank.World.Size, rank.Experts.Size, rank.Replicas.Size)));
    }

    [Fact]
    public void Exchange_InEveryGroupAtOnce_GivesEachItsOwnBytes()
    {
        var ranks = Create();
        RankThreads.Run(4, rank =>
        {
            foreach (var end in new[] { ranks[rank].Experts, ranks[rank].World, ranks[rank].Replicas })
            {
                using var traffic = new Traffic(end.Size, end.Rank, round: end.Size);
                traffic.Start(end).Wait();
                traffic.AssertArrived();
            }
        });
    }

    [Fact]
    public void Abort_OfOneGroup_FencesRanksThatWaitInOthersAndNamesTheWorldRank()
    {
        var ranks = Create();
        var thrown = RankThreads.Catch(4, rank =>
        {
            // Rank 1 waits in its group of replicas, ranks 0 and 2 in the world. Rank 3 aborts the group of its experts.
            if (rank == 3) ranks[3].Experts.Abort(new InvalidOperationException("broken"));
            else ranks[rank].Replicas.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
            if (rank is 0 or 2) ranks[rank].World.Start(Traffic.Tag(0), new ExchangeBuffer[4], new ExchangeBuffer[4]).Wait();
        });
        Assert.Null(thrown[3]);
        Assert.All(thrown[..3].Index(), each =>
        {
            var aborted = Assert.IsType<ExchangeAbortedException>(each.Item);
            Assert.Equal((each.Index, 3), (aborted.Rank, aborted.CulpritRank));
        });
    }

    [Fact]
    public void Wait_TooLongInASmallGroup_NamesTheMissingRankOfTheWorld()
    {
        var clock = new ManualClock();
        var ranks = Create(clock);
        var thrown = RankThreads.Catch(2, index =>
        {
            if (index == 0) ranks[2].Experts.Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
            else clock.AdvanceOnceATimerIsSet(TimeSpan.FromMinutes(5));
        });
        var timeout = Assert.IsType<ExchangeTimeoutException>(thrown[0]);
        Assert.Equal(2, timeout.Rank);
        Assert.Equal([3], timeout.MissingRanks);
    }
}
