using Distributed.Checkpoints;
using Distributed.Training.Checkpointing;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

[Collection(nameof(Group))]
public sealed class CheckpointSaverTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-saves-");

    public static TheoryData<int, int, bool> Layouts
    {
        get
        {
            var layouts = new TheoryData<int, int, bool>();
            foreach (var expertParallel in new[] { 1, 2, 3, 4, 8 })
                foreach (var replicas in new[] { 1, 2 })
                    foreach (var zero in new[] { false, true }) layouts.Add(expertParallel, replicas, zero);
            return layouts;
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Load_InEveryOtherLayout_HoldsTheSameBits(int expertParallel, int replicas, bool zero)
    {
        var saved = new Layout(expertParallel, replicas, zero).Save(At("from"), 1);
        Assert.Contains(saved.Keys, name => name.Contains("experts.7.down_proj.weight.exp_avg_sq", StringComparison.Ordinal));
        Assert.Contains(saved.Keys, name => name.Contains("experts.0.gate_proj.weight.master", StringComparison.Ordinal));
        foreach (var other in new[] { 1, 2, 3, 4, 8 })
            Assert.Equal(saved, new Layout(other, 3 - replicas, !zero).Resave(At("from"), At($"to-{other}"), 1));
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 2, true)]
    public void Save_WhileWeightsChange_SavesTheStateAtItsStart(int expertParallel, int replicas, bool zero)
    {
        var layout = new Layout(expertParallel, replicas, zero);
        Assert.Equal(layout.Save(At("still"), 1), layout.Save(At("moving"), 1, meanwhile: true));
    }

    [Fact]
    public void Save_AnyLayout_WritesEveryTensorOnce()
    {
        var saved = new Layout(2, 2, true).Save(At("shared"), 1);
        Assert.Equal(saved, new Layout(1, 1, false).Save(At("alone"), 1)); // the same names: no tensor twice, none missing
        using var checkpoint = Checkpoint.Open(At("shared"));
        Assert.All(checkpoint.Manifest.Tensors.GroupBy(entry => entry.File), file => Assert.NotEmpty(file));
        Assert.Equal(8, checkpoint.Manifest.Tensors.Select(entry => entry.File).Distinct().Count()); // each of four ranks writes two files
    }

    [Theory]
    [InlineData(
        float.NaN, "model.layers.1.mlp.experts.7.up_proj.weight", "model.layers.1.mlp.experts.7.up_proj.weight", "lm_head.weight.exp_avg")]
    [InlineData(
        float.PositiveInfinity, "model.embed_tokens.weight",
        "model.norm.weight", "model.embed_tokens.weight", "model.layers.1.mlp.experts.0.up_proj.weight")]
    [InlineData(float.NegativeInfinity, "model.norm.weight.exp_avg_sq", "lm_head.weight.exp_avg_sq", "model.norm.weight.exp_avg_sq")]
    public void Save_NotFiniteValues_FailsOnEveryRankNamesTheFirstTensorAndKeepsLatest(float value, string first, params string[] corrupted)
    {
        var layout = new Layout(2, 2, true);
        layout.On(At("corrupted"), rank =>
        {
            rank.Draw();
            Assert.IsType<SaveOutcome.Saved>(rank.Save(layout.State(1)));
            rank.Corrupt(value, corrupted);
            var failed = Assert.IsType<SaveOutcome.Failed>(rank.Save(layout.State(2)));
            Assert.Equal((CheckpointFailureCause.NotFinite, first), (failed.Failure.Cause, failed.Failure.Tensor));
        });

        var entries = Directory.EnumerateFileSystemEntries(At("corrupted")).Select(path => Path.GetFileName(path));
        Assert.Equal(["latest", "step-00000001"], entries.Order(StringComparer.Ordinal));
        using var latest = Checkpoint.Open(At("corrupted"));
        Assert.Equal(1, latest.State.Step);
    }

    private string At(string name) => Path.Combine(_root.FullName, name);
}
