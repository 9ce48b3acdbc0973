using Distributed.Checkpoints;
using Distributed.Parallel.Collectives;
using Distributed.Training.Checkpointing;
using Distributed.Training.SavedState;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

[Collection(nameof(Group))]
public sealed class CollectiveResultsTests
{
    [Fact]
    public void FromAll_EveryRankSucceeds_ReturnsTheValuesByRank()
    {
        var all = Group.Run(3, (_, world) => Results(world).FromAll(() => $"rank {world.Rank}"));
        Assert.All(all, values => Assert.Equal(["rank 0", "rank 1", "rank 2"], values));
    }

    [Fact]
    public void FromRankZero_RunsOnRankZeroOnlyAndReturnsItsValueEverywhere()
    {
        var ranks = new List<int>();
        var all = Group.Run(3, (_, world) => Results(world).FromRankZero(() =>
        {
            lock (ranks) ranks.Add(world.Rank);
            return 7;
        }));
        Assert.Equal([7, 7, 7], all);
        Assert.Equal([0], ranks);
    }

    [Fact]
    public void FromAll_SeveralCauses_ThrowsTheHighestOnEveryRank()
    {
        var all = Failures(rank => rank switch
        {
            0 => new CheckpointException("the folder no longer exists") { Cause = CheckpointFailureCause.Consequence },
            1 => null,
            2 => new CheckpointException("the disk is full"),
            _ => new CheckpointException("the disk of the last rank is full"),
        });
        Assert.All(all, error => Assert.Equal(("rank 2: the disk is full", CheckpointFailureCause.Other, 2),
            (error.Message, error.Cause, error.Rank)));
    }

    [Fact]
    public void FromAll_SeveralTensorsAreNotFinite_ThrowsTheFirstInTheOrderOfTheNetwork()
    {
        string[] tensors = ["model.norm.weight.exp_avg", "lm_head.weight", "model.embed_tokens.weight", "model.norm.weight"];
        var all = Failures(rank => new CheckpointException(tensors[rank])
        {
            Cause = CheckpointFailureCause.NotFinite, Tensor = tensors[rank],
        });
        Assert.All(all, error => Assert.Equal(("rank 2: model.embed_tokens.weight", "model.embed_tokens.weight", 2),
            (error.Message, error.Tensor, error.Rank)));
    }

    private static CheckpointException[] Failures(Func<int, CheckpointException?> failure) => Group.Run(4, (_, world) =>
        Assert.Throws<CheckpointException>(() => Results(world).FromAll(() => failure(world.Rank) is { } error ? throw error : true)));

    private static CollectiveResults Results(ICollectives world) => new(world, new TensorOrder(Layout.Config));
}
