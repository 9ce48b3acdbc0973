using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

/// <summary>Several runs save into one folder.</summary>
public sealed class CheckpointRunsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void NotOf_SeveralRuns_ReturnsOtherRunsAndUnreadableManifests()
    {
        SmallRun.Save(_root.Path, 100, run: "a");
        SmallRun.Save(_root.Path, 200, run: null);
        SmallRun.Save(_root.Path, 300, run: "b");
        File.WriteAllText(Path.Combine(SmallRun.Save(_root.Path, 400, run: "a"), "manifest.json"), "{}");

        Assert.Equal([200, 300, 400], CheckpointRuns.NotOf(_root.Store, "a").Select(other => other.Step));
        Assert.Equal([100, 300, 400], CheckpointRuns.NotOf(_root.Store, null).Select(other => other.Step));
        Assert.Equal([false, false, false, true], CheckpointRuns.All(_root.Store).Select(other => other.Problem is not null));
    }

    [Fact]
    public void RequireNone_OfAnotherRun_NamesFolderRunStepAndEveryChoice()
    {
        SmallRun.Save(_root.Path, 100, run: "a");
        SmallRun.Save(_root.Path, 200, run: "a");

        var error = Assert.Throws<CheckpointException>(() => CheckpointRuns.RequireNone(CheckpointRuns.NotOf(_root.Store, "b")));

        Assert.Equal(CheckpointFailureCause.OtherRun, error.Cause);
        foreach (var part in new[] { _root.Path, "2 checkpoints of run a", "step 200", "--resume", "--set name=", "checkpoint.directory",
            "--overwrite" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
        CheckpointRuns.RequireNone(CheckpointRuns.NotOf(_root.Store, "a"));
    }

    [Fact]
    public void Remove_OtherRuns_KeepsTheRunsOwnAndALatestThatNamesOne()
    {
        SmallRun.Save(_root.Path, 100, run: "a");
        SmallRun.Save(_root.Path, 200, run: "b");

        CheckpointRuns.Remove(_root.Store, CheckpointRuns.NotOf(_root.Store, "b"));
        Assert.Equal(["latest", "step-00000200"], Names());

        CheckpointRuns.Remove(_root.Store, CheckpointRuns.NotOf(_root.Store, "c"));
        Assert.Empty(Names());
    }

    [Fact]
    public void Publish_OtherRunsInTheFolder_AreNeitherCountedNorDeleted()
    {
        var keepOne = new RetentionPolicy(1);
        SmallRun.Save(_root.Path, 50, run: null, retention: keepOne);
        SmallRun.Save(_root.Path, 100, run: "a", retention: keepOne);
        SmallRun.Save(_root.Path, 150, run: "b", retention: keepOne);
        SmallRun.Save(_root.Path, 200, run: "a", retention: keepOne);
        SmallRun.Save(_root.Path, 250, run: "b", retention: keepOne);

        Assert.Equal([50, 200, 250], CheckpointLocation.CommittedSteps(_root.Store));
    }

    [Fact]
    public void Publish_ExpiredOfAnUnknownRun_IsKeptAndNamed()
    {
        var unknown = SmallRun.Save(_root.Path, 100, run: "a");
        File.WriteAllText(Path.Combine(unknown, "manifest.json"), "{}");
        var committed = SmallRun.Save(_root.Path, 200, run: "a");

        var result = CheckpointPublish.Publish(new StoredFolder(_root.Store, Path.GetFileName(committed)), new RetentionPolicy(1));

        Assert.Empty(result.Deleted);
        Assert.StartsWith($"{unknown}: is kept, because its run is unknown: ", Assert.Single(result.Failed), StringComparison.Ordinal);
        Assert.True(Directory.Exists(unknown));
    }

    [Fact]
    public void Commit_OverAStepOfAnotherRun_IsRefusedAndKeepsIt()
    {
        SmallRun.Save(_root.Path, 100, run: "a");

        var error = Assert.Throws<CheckpointException>(() => SmallRun.Save(_root.Path, 100, run: "b"));

        Assert.Equal(CheckpointFailureCause.OtherRun, error.Cause);
        Assert.Contains("of run a", error.Message, StringComparison.Ordinal);
        Assert.Equal(["latest", "step-00000100"], Names());
        using var kept = Checkpoint.Open(_root.Path);
        Assert.Equal("a", kept.State.Run);
        SmallRun.Save(_root.Path, 100, run: "a"); // the run's own checkpoint is exchanged
    }

    [Theory]
    [InlineData("a")]
    [InlineData(null)]
    public void Find_NewestIsDamaged_SkipsAnotherRunsCheckpoint(string? run)
    {
        var own = SmallRun.Save(_root.Path, 100, run: run);
        SmallRun.Save(_root.Path, 200, run: "b");
        Damage(Path.Combine(SmallRun.Save(_root.Path, 300, run: run), "weights-rank-00000.safetensors"));

        Assert.Equal(own, Find()!.Folder.Path);
    }

    [Fact]
    public void Find_NewestHasNoManifestAndOlderOnesAreOfTwoRuns_ChoosesNoneAndNamesThem()
    {
        SmallRun.Save(_root.Path, 100, run: "a");
        SmallRun.Save(_root.Path, 200, run: "b");
        File.Delete(Path.Combine(SmallRun.Save(_root.Path, 300, run: "a"), "manifest.json"));

        var message = Assert.Throws<CheckpointException>(() => Find()).Message;

        foreach (var part in new[] { "step-00000300", "2 runs", "a, b", "name a checkpoint by its own folder" })
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private LatestValidCheckpoint? Find() => LatestValidCheckpoint.Find(_root.Store, null, TestContext.Current.CancellationToken);

    private string[] Names() =>
        [.. Directory.EnumerateFileSystemEntries(_root.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void Damage(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[^5] ^= 4;
        File.WriteAllBytes(file, bytes);
    }
}
