using Distributed.Training.Recovery;
using Distributed.Training.Tests.Checkpointing;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Recovery;

[Collection(nameof(Group))]
public sealed class RecoveryPointTests : IDisposable
{
    private static readonly RecoveryPointId Id = new(Epoch: 1, Step: 5, World: 4);
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-points-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData(4, 1, true)]
    [InlineData(4, 1, false)]
    [InlineData(2, 2, true)]
    [InlineData(2, 2, false)]
    public void Restore_WithoutOneRank_GivesEveryLayoutTheBitsOfACheckpoint(int expertParallel, int replicas, bool zero)
    {
        var held = new Layout(expertParallel, replicas, zero).Take(At("saved"), Id);
        var saved = Layout.Hashes(At("saved"));

        for (var lost = 0; lost < Id.World; lost++)
        {
            // The buddy holds the lost rank's part; the worker that replaces the lost rank holds nothing.
            var buddy = (lost + 1) % Id.World;
            RecoveryPoints[] same = [.. held];
            same[lost] = new RecoveryPoints();
            var sameHolders = Enumerable.Range(0, 4).Select(owner => owner == lost ? buddy : owner).ToArray();
            var layout = new Layout(expertParallel, replicas, zero);
            Assert.Equal(saved, layout.Restore(new RecoverySource(Id, sameHolders), same, At($"same-{lost}")));

            RecoveryPoints[] fewer = [.. held.Where((_, rank) => rank != lost)];
            var fewerHolders = Enumerable.Range(0, 4).Select(owner => Array.IndexOf(fewer, held[owner == lost ? buddy : owner])).ToArray();
            Assert.Equal(saved, new Layout(3, 1, !zero).Restore(new RecoverySource(Id, fewerHolders), fewer, At($"fewer-{lost}")));
        }

        RecoveryPoints[] more = [.. held, new RecoveryPoints(), new RecoveryPoints(), new RecoveryPoints(), new RecoveryPoints()];
        Assert.Equal(saved, new Layout(4, 2, zero).Restore(new RecoverySource(Id, [0, 1, 2, 3]), more, At("more")));
    }

    [Theory]
    [InlineData(float.NaN, "model.layers.1.mlp.experts.5.down_proj.weight", "model.layers.1.mlp.experts.5.down_proj.weight")]
    [InlineData(
        float.PositiveInfinity, "model.layers.0.input_layernorm.weight",
        "model.norm.weight.exp_avg_sq", "model.layers.0.input_layernorm.weight")]
    public void Take_NotFiniteValues_FailsOnEveryRankNamesTheFirstTensorAndKeepsThePreviousPoint(
        float value, string first, params string[] corrupted)
    {
        var results = new Layout(4, 1, true).TakeNotFinite(At("never"), Id, value, corrupted);

        Assert.All(results, result =>
        {
            Assert.Equal(first, result.Thrown.Tensor);
            Assert.Contains($"The state after step {Id.Step + 1} is not finite", result.Thrown.Message, StringComparison.Ordinal);
            Assert.Equal([Id, Id], result.Held.Held.Select(part => part.Id));
        });
    }

    [Fact]
    public void Take_EveryRankHoldsItsOwnPartAndThePartOfTheRankWhoseBuddyItIs()
    {
        var held = new Layout(4, 1, true).Take(At("saved"), Id);

        for (var rank = 0; rank < 4; rank++)
        {
            int[] owners = [rank, (rank + 3) % 4];
            Assert.Equal(owners.Order().Select(owner => (Id, owner)), held[rank].Held);
        }
    }

    [Fact]
    public void KeepOnly_OneRecoveryPoint_DropsAllOthers()
    {
        using var points = new RecoveryPoints();
        points.Add(RecoveryPoint.Of(Id, 0, 0, []));
        var next = Id with { Step = 9 };
        points.Add(RecoveryPoint.Of(next, 0, 0, []));
        points.Add(RecoveryPoint.Of(next, 3, 0, []));

        points.KeepOnly(next);

        Assert.Equal([(next, 0), (next, 3)], points.Held);
        Assert.Null(points.Find(Id, 0));
    }

    private string At(string name) => Path.Combine(_root.FullName, name);
}
