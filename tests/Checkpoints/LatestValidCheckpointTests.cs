namespace Distributed.Checkpoints.Tests;

public sealed class LatestValidCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Find_NothingSaved_IsNull() => Assert.Null(Find());

    [Fact]
    public void Find_NewestIsValid_SkipsNothing()
    {
        SmallRun.Save(_root.Path, 100);
        var newest = SmallRun.Save(_root.Path, 200);
        var found = Find()!;
        Assert.Equal(newest, found.Folder.Path);
        Assert.Empty(found.Skipped);
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("weights-rank-00000.safetensors")]
    [InlineData("optimizer-rank-00000.safetensors")]
    public void Find_NewestIsDamaged_IsTheOneBeforeAndNamesTheFile(string file)
    {
        var older = SmallRun.Save(_root.Path, 100);
        Damage(Path.Combine(SmallRun.Save(_root.Path, 200), file));
        var found = Find()!;
        Assert.Equal(older, found.Folder.Path);
        Assert.Contains(file, Assert.Single(found.Skipped), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_LatestNamesNothing_IsTheNewestCommitted()
    {
        var newest = SmallRun.Save(_root.Path, 200);
        File.WriteAllText(Path.Combine(_root.Path, "latest"), "step-00000300\n");
        var found = Find()!;
        Assert.Equal(newest, found.Folder.Path);
        Assert.Contains("step-00000300", Assert.Single(found.Skipped), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_LatestNamesAnEmptyFolder_IsTheNewestSoundOneAndNamesTheDamageOnce()
    {
        var newest = SmallRun.Save(_root.Path, 200);
        Directory.CreateDirectory(Path.Combine(_root.Path, "step-00000300"));
        Directory.CreateDirectory(Path.Combine(_root.Path, "step-00000400")); // later than latest
        File.WriteAllText(Path.Combine(_root.Path, "latest"), "step-00000300\n");

        var found = Find()!;

        Assert.Equal(newest, found.Folder.Path);
        Assert.Contains("names step-00000300, which is not there or has no manifest.json", Assert.Single(found.Skipped),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Find_CommittedAndNeverPublished_IsTheNewest()
    {
        var newest = SmallRun.Save(_root.Path, 200);
        File.Delete(Path.Combine(_root.Path, "latest")); // killed between commit and publication

        Assert.True(CheckpointLocation.IsRoot(_root.Path));
        Assert.Equal(newest, Find()!.Folder.Path);
    }

    [Fact]
    public void Find_NewestIsNotFinite_IsTheOneBeforeAndNamesTheTensor()
    {
        var older = SmallRun.Save(_root.Path, 100);
        SmallRun.SaveNotFinite(_root.Store, 200);

        var found = Find()!;

        Assert.Equal(older, found.Folder.Path);
        Assert.Contains("tensor 'model.scale': has a value that is not finite", Assert.Single(found.Skipped), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_AllAreDamaged_ListsThem()
    {
        foreach (var step in new[] { 100, 200 }) Damage(Path.Combine(SmallRun.Save(_root.Path, step), "manifest.json"));
        var error = Assert.Throws<CheckpointException>(() => Find());
        Assert.Contains("step-00000100", error.Message, StringComparison.Ordinal);
        Assert.Contains("step-00000200", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_LaterThanLatest_IsIgnored()
    {
        var rolledBack = SmallRun.Save(_root.Path, 200);
        var latest = SmallRun.Save(_root.Path, 100);
        Assert.True(Directory.Exists(rolledBack));
        Assert.Equal(latest, Find()!.Folder.Path);
    }

    private LatestValidCheckpoint? Find() => LatestValidCheckpoint.Find(_root.Store, null, TestContext.Current.CancellationToken);

    private static void Damage(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[^5] ^= 4;
        File.WriteAllBytes(file, bytes);
    }
}
