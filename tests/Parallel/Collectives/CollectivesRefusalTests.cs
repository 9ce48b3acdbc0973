using Distributed.Parallel.Collectives;
using Distributed.Transports;
using Distributed.Transports.InMemory;
using TorchSharp;
using static TorchSharp.torch;
using Distributed.Transports.Tests;

namespace Distributed.Parallel.Tests.Collectives;

public sealed class CollectivesRefusalTests
{
    private readonly ExchangeCollectives _alone = new(new InMemoryFabric(1).Endpoint(0));

    [Fact]
    public void AllReduceSum_UnsummableTensor_NamesRankAndOperation()
    {
        using var half = torch.zeros(3, dtype: ScalarType.BFloat16);
        using var matrix = torch.zeros(3, 4);
        using var transposed = matrix.t();

        var type = Assert.Throws<ArgumentException>(() => _alone.AllReduceSum(half));
        Assert.Contains("Rank 0, AllReduceSum: the tensor is BFloat16", type.Message);
        Assert.Contains("[4, 3] is on cpu and not contiguous",
            Assert.Throws<ArgumentException>(() => _alone.AllReduceSum(transposed)).Message);
    }

    [Fact]
    public void AllGather_CountsThatDoNotFit_AreRefused()
    {
        using var share = torch.zeros(3);
        using var whole = torch.zeros(4);
        using var integers = torch.zeros(3, dtype: ScalarType.Int64);

        Assert.Contains("[3] ask for 3 elements", Assert.Throws<ArgumentException>(() => _alone.AllGather(share, whole, [3])).Message);
        Assert.Contains("2 counts", Assert.Throws<ArgumentException>(() => _alone.AllGather(share, whole, [3, 1])).Message);
        Assert.Contains("-3", Assert.Throws<ArgumentException>(() => _alone.AllGather(share, whole, [-3])).Message);
        Assert.Contains("Float32 and Int64", Assert.Throws<ArgumentException>(() => _alone.ReduceScatterSum(share, integers, [3])).Message);
    }

    [Fact]
    public void Broadcast_RootThatIsNoRank_IsRefused()
    {
        using var tensor = torch.zeros(3);

        Assert.Contains("the root is 1", Assert.Throws<ArgumentException>(() => _alone.Broadcast(tensor, 1)).Message);
    }

    [Fact]
    public void Operations_ThatDifferBetweenRanks_AreNamed()
    {
        var fabric = new InMemoryFabric(2);

        var thrown = RankThreads.Catch(2, rank =>
        {
            using var collectives = new ExchangeCollectives(fabric.Endpoint(rank), epoch: 3);
            collectives.Step = 7;
            collectives.Barrier();
            if (rank == 0) collectives.Barrier();
            else collectives.AllReduceSum(new double[3]);
        });

        var mismatch = Assert.Single(thrown.OfType<ExchangeMismatchException>());
        Assert.Contains("Barrier of epoch 3, step 7, operation 1", mismatch.Message);
        Assert.Contains("AllReduce of epoch 3, step 7, operation 1", mismatch.Message);
        Assert.Single(thrown.OfType<ExchangeAbortedException>());
    }

    [Fact]
    public void AllReduceSum_LengthsThatDifferBetweenRanks_AreNamed()
    {
        var fabric = new InMemoryFabric(2);

        var thrown = RankThreads.Catch(2, rank =>
        {
            using var collectives = new ExchangeCollectives(fabric.Endpoint(rank));
            collectives.AllReduceSum(new double[4 + 2 * rank]);
        });

        Assert.Contains("AllReduce", Assert.Single(thrown.OfType<ExchangeMismatchException>()).Message);
    }
}
