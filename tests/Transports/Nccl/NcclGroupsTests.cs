using System.Diagnostics;
using Distributed.Planning;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>The groups of a world over NCCL, fenced over gRPC.</summary>
public sealed class NcclGroupsTests
{
    private static readonly RankGrid Grid = new(ExpertParallel: 2, Replicas: 2);

    // Far less than any time-out, and enough for a busy machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public async Task Groups_ExchangeInAllOfThemAtOnce_EveryByteArrives(int expertParallel, int replicas)
    {
        await using var world = await NcclWorld.StartAsync(new RankGrid(expertParallel, replicas));
        world.Connect();

        RankThreads.Run(expertParallel * replicas, rank =>
        {
            IExchange[] ends = [world.Groups[rank].Experts, world.Groups[rank].World, world.Groups[rank].Replicas];
            for (var round = 0; round < 5; round++)
            {
                Traffic[] traffic = [.. ends.Select(end => new Traffic(end.Size, end.Rank, round))];
                IExchangeHandle[] handles = [.. ends.Select((end, i) => traffic[i].Start(end))];
                foreach (var handle in handles.Reverse()) handle.Wait();
                foreach (var each in traffic)
                {
                    each.AssertArrived();
                    each.Dispose();
                }
            }
        });
    }

    [Fact]
    public async Task Abort_InOneGroup_EndsTheWaitsInAllNamingTheWorldRank()
    {
        await using var world = await NcclWorld.StartAsync(Grid);
        world.Connect();
        var clock = Stopwatch.StartNew();

        var thrown = RankThreads.Catch(Grid.World, rank =>
        {
            var groups = world.Groups[rank];
            if (rank == 3) groups.Experts.Abort(new InvalidOperationException("its loss is not finite"));
            else Barrier(rank == 2 ? groups.Experts : groups.World);
        });

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
        for (var rank = 0; rank < 3; rank++)
            Assert.Equal($"Rank {rank}: the exchange was aborted because of rank 3: its loss is not finite",
                Assert.IsType<ExchangeAbortedException>(thrown[rank]).Message);
    }

    [Fact]
    public async Task Dispose_WhileOthersExchange_EndsTheirWaitsNamingTheRankThatLeft()
    {
        await using var world = await NcclWorld.StartAsync(Grid);
        world.Connect();

        var thrown = RankThreads.Catch(Grid.World, rank =>
        {
            if (rank == 1) world.Groups[rank].Dispose();
            else Barrier(world.Groups[rank].World);
        });

        Assert.Null(thrown[1]);
        Assert.All([0, 2, 3], rank => Assert.Equal(1, Assert.IsType<ExchangeAbortedException>(thrown[rank]).CulpritRank));
    }

    [Fact]
    public async Task Connect_ARankGivesUpWhileTheIdIsAwaited_EndsItOnAllAtOnce()
    {
        await using var world = await NcclWorld.StartAsync(Grid);
        using var stop = new CancellationTokenSource();

        var thrown = RankThreads.Catch(Grid.World,
            rank => world.Connect(rank, withId: false, rank == 2 ? stop.Cancel : null, rank == 2 ? stop.Token : default));

        Assert.IsAssignableFrom<OperationCanceledException>(thrown[2]);
        // A rank that is notified by rank 2 names it. A rank that first sees such a rank leave may name that one.
        Assert.Contains(new[] { 0, 1, 3 }, rank => Culprit(thrown[rank]) == 2);
        Assert.All([0, 1, 3], rank => Assert.NotEqual(rank, Culprit(thrown[rank])));
    }

    [Fact]
    public async Task Connect_ARankIsMissingFromTheCommunicator_EndsWhenItGivesUp()
    {
        await using var world = await NcclWorld.StartAsync(Grid);
        using var stop = new CancellationTokenSource();

        var thrown = RankThreads.Catch(Grid.World,
            rank => world.Connect(rank, onceFenced: rank == 3 ? GiveUp : null, cancellation: rank == 3 ? stop.Token : default));

        Assert.IsAssignableFrom<OperationCanceledException>(thrown[3]);
        Assert.All([0, 1, 2], rank => Assert.Equal(3, Culprit(thrown[rank])));

        void GiveUp() // when the others connect their communicator
        {
            SpinWait.SpinUntil(() => world.WithoutId.CurrentCount == 1, Soon);
            stop.Cancel();
        }
    }

    private static int Culprit(Exception? thrown) => Assert.IsType<ExchangeAbortedException>(thrown).CulpritRank;

    private static void Barrier(IExchange end) =>
        end.Start(Traffic.Tag(0), new ExchangeBuffer[end.Size], new ExchangeBuffer[end.Size]).Wait();
}
