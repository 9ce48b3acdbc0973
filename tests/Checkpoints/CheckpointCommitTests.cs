using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests;

public sealed class CheckpointCommitTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Commit_WholeSave_LeavesTheStepsFolderAndNothingElse()
    {
        var committed = SmallRun.Save(_root.Path, 200, ranks: 2);

        Assert.Equal(["latest", "step-00000200"], Names(_root.Path));
        Assert.Equal(
            [
                "manifest.json", "optimizer-rank-00000.safetensors", "optimizer-rank-00001.safetensors",
                "weights-rank-00000.safetensors", "weights-rank-00001.safetensors",
            ],
            Names(committed));
        Assert.Equal("step-00000200\n", File.ReadAllText(Path.Combine(_root.Path, "latest")));
    }

    [Fact]
    public void Commit_ATensorFromTwoRanks_IsRefusedNamingBothFiles()
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        var entries = SmallRun.WriteShards(folder, 200, 2);
        using var again = zeros(16, 8);
        entries.AddRange(CheckpointShardWriter.WriteShard(folder, TensorKind.Weights, 2, [("model.embed_tokens.weight", again)]));

        var error = Assert.Throws<CheckpointException>(() => CheckpointCommit.Commit(folder, SmallRun.State(200), entries));

        Assert.Contains("weights model.embed_tokens.weight: in weights-rank-00000.safetensors and in weights-rank-00002.safetensors",
            error.Message);
        Assert.Empty(Names(_root.Path));
    }

    [Theory]
    [InlineData(TensorKind.Weights, float.NaN)]
    [InlineData(TensorKind.Optimizer, float.PositiveInfinity)]
    public void WriteShard_AValueThatIsNotFinite_IsRefusedNamingTheFirstTensorAsGiven(TensorKind kind, float value)
    {
        using var scope = NewDisposeScope();
        SmallRun.Save(_root.Path, 100);
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        var bad = ones(300_000).index_fill_(0, tensor(299_999L), value); // in the second piece of its bytes

        var error = Assert.Throws<CheckpointException>(
            () => CheckpointShardWriter.WriteShard(folder, kind, 0, [("z", ones(3)), ("y", bad), ("a", bad)]));

        Assert.Equal((CheckpointFailureCause.NotFinite, "y"), (error.Cause, error.Tensor));
        Assert.Contains("'latest' still names step-00000100", error.Message, StringComparison.Ordinal);
        CheckpointCommit.Abandon(folder);
        Assert.Equal(["latest", "step-00000100"], Names(_root.Path));
    }

    [Fact]
    public void Commit_AnExpertThatNoRankSaved_IsRefusedNamingIt()
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        var entries = SmallRun.WriteShard(folder, 200, 0, 2);

        var error = Assert.Throws<CheckpointException>(
            () => CheckpointCommit.Commit(folder, SmallRun.State(200), entries, SmallRun.Expected));

        Assert.Contains("the ranks did not save what the model needs (8 differences)", error.Message);
        Assert.Contains("weights model.layers.0.mlp.experts.1.up_proj.weight: missing, BF16 [4, 8] is needed", error.Message);
        Assert.Empty(Names(_root.Path));
    }

    [Fact]
    public void Commit_AReportThatTheFileContradicts_IsRefused()
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        var entries = SmallRun.WriteShards(folder, 200, 1);
        entries[0] = entries[0] with { Offset = entries[0].Offset + 8 };
        entries[1] = entries[1] with { File = "weights-rank-00009.safetensors" };

        var error = Assert.Throws<CheckpointException>(() => CheckpointCommit.Commit(folder, SmallRun.State(200), entries));

        Assert.Contains($"tensor '{entries[0].Name}'", error.Message);
        Assert.Contains("weights-rank-00009.safetensors: cannot be opened", error.Message);
        Assert.Contains($"tensor '{entries[1].Name}': the manifest does not name it", error.Message);
    }

    [Fact]
    public void Commit_StateOfAnotherStep_IsRefused()
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);

        var error = Assert.Throws<CheckpointException>(() => CheckpointCommit.Commit(folder, SmallRun.State(199), []));

        Assert.Contains("the given state is of step 199", error.Message);
    }

    [Fact]
    public void Commit_AStepFromBeforeARollback_ReplacesIt()
    {
        SmallRun.Save(_root.Path, 100);
        var old = SmallRun.Save(_root.Path, 200, ranks: 4);
        File.WriteAllText(Path.Combine(old, "only-in-the-old-one"), "");

        SmallRun.Save(_root.Path, 200, ranks: 2, epoch: 2);

        using var checkpoint = Checkpoint.Open(_root.Path);
        SmallRun.AssertHolds(checkpoint, 200);
        Assert.Equal(["latest", "step-00000100", "step-00000200"], Names(_root.Path));
        Assert.Equal(5, Names(checkpoint.Folder).Length);
    }

    [Fact]
    public void WriteShard_AfterANewerSaveHasBegun_IsRefusedAndCreatesNoFolder()
    {
        SmallRun.Save(_root.Path, 100);
        var stale = CheckpointCommit.Begin(_root.Store, 200, 1);
        var entries = SmallRun.WriteShard(stale, 200, 0, 1);
        var current = CheckpointCommit.Begin(_root.Store, 200, 2);

        var writing = Assert.Throws<CheckpointException>(() => SmallRun.WriteShard(stale, 200, 0, 1));
        var committing = Assert.Throws<CheckpointException>(() => CheckpointCommit.Commit(stale, SmallRun.State(200), entries));

        Assert.Contains("its folder no longer exists", writing.Message);
        Assert.Contains("'latest' still names step-00000100", writing.Message);
        Assert.Contains("a newer save has begun", committing.Message);
        Assert.Equal(["latest", "step-00000100", current.Name], Names(_root.Path));
    }

    [Fact]
    public void WriteShard_WhileItsFolderIsBeingRemoved_ReportsAnotherRanksFailure()
    {
        SmallRun.Save(_root.Path, 100);
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        using var one = ones(1);

        // The file is already removed, the folder is not.
        var writing = Assert.Throws<CheckpointException>(
            () => CheckpointShardWriter.WriteShard(folder, TensorKind.Weights, 0, [("one", one)], access: (_, tensor, write) =>
        {
            File.Delete(Assert.Single(Directory.GetFiles(folder.PathOf(""))));
            return write(tensor);
        }));

        Assert.Contains("its folder no longer exists, because another rank's part of this save failed", writing.Message);
    }

    [Fact]
    public void WriteShard_ANameTwice_AbandonsTheSave()
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        using var one = ones(1);

        var error = Assert.Throws<CheckpointException>(
            () => CheckpointShardWriter.WriteShard(folder, TensorKind.Weights, 0, [("w", one), ("w", one)]));

        Assert.Contains("tensor 'w': is given twice", error.Message);
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public void Abandon_ACommittedFolder_DoesNothing()
    {
        var committed = SmallRun.Save(_root.Store, 200);

        CheckpointCommit.Abandon(committed);

        Assert.True(Directory.Exists(committed.Path));
    }

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal)];
}
