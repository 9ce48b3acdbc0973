using Distributed.Planning.Batches;

namespace Distributed.Planning.Tests.Batches;

public sealed class SequenceSharesTests
{
    [Theory]
    [InlineData(16, 1, 4)]
    [InlineData(16, 2, 3)]
    [InlineData(17, 3, 5)]
    [InlineData(6, 2, 3)]
    public void Shares_OfAllMicroBatchesAndRanks_CoverEveryPositionOnceInOrder(int globalBatch, int accumulation, int world)
    {
        var shares = new SequenceShares(globalBatch, accumulation, world);

        var positions = Enumerable.Range(0, accumulation).SelectMany(micro => Enumerable.Range(0, world)
            .Select(rank => shares.Of(micro, rank)).SelectMany(share => Enumerable.Range(share.First, share.Count)));

        Assert.Equal(Enumerable.Range(0, globalBatch), positions);
        Assert.Equal(globalBatch, Enumerable.Range(0, world).Sum(shares.PerStep));
    }

    [Fact]
    public void Shares_UnevenBatch_GivesTheFirstRanksOneMore()
    {
        var shares = new SequenceShares(globalBatch: 16, accumulation: 1, world: 3);

        Assert.Equal([6, 5, 5], Enumerable.Range(0, 3).Select(shares.PerStep));
    }

    [Fact]
    public void Shares_RankWithoutSequence_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new SequenceShares(globalBatch: 7, accumulation: 2, world: 4));

        Assert.Contains("7 sequences", error.Message, StringComparison.Ordinal);
    }
}
