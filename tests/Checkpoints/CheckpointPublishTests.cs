using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

public sealed class CheckpointPublishTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Publish_WithRetention_DeletesTheOldAndKeepsTheNewestAndTheMilestones()
    {
        var policy = new RetentionPolicy(KeepNewest: 2, KeepEvery: 300);
        for (var step = 100; step <= 800; step += 100) SmallRun.Save(_root.Path, step, ranks: 1, retention: policy);

        Assert.Equal([300, 600, 700, 800], CheckpointLocation.CommittedSteps(_root.Store));
        using var checkpoint = Checkpoint.Open(_root.Path);
        SmallRun.AssertHolds(checkpoint, 800);
    }

    [Fact]
    public void Publish_ReturnsWhatItDeleted()
    {
        SmallRun.Save(_root.Path, 100, ranks: 1);
        SmallRun.Save(_root.Path, 200, ranks: 1);

        var result = CheckpointPublish.Publish(new StoredFolder(_root.Store, "step-00000200"), new RetentionPolicy(1));

        Assert.Equal([100], result.Deleted);
        Assert.Empty(result.Failed);
    }

    [Fact]
    public void Commit_WithoutPublish_NeitherMovesLatestNorDeletes()
    {
        SmallRun.Save(_root.Path, 100, ranks: 1, retention: new RetentionPolicy(1));
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);

        CheckpointCommit.Commit(folder, SmallRun.State(200), SmallRun.WriteShards(folder, 200, 1));

        using var checkpoint = Checkpoint.Open(_root.Path);
        Assert.Equal(100, checkpoint.State.Step);
        Assert.Equal([100, 200], CheckpointLocation.CommittedSteps(_root.Store));
    }

    [Fact]
    public void Publish_AfterARollback_KeepsLatestAndTheLaterSteps()
    {
        foreach (var step in new[] { 100, 200, 300 }) SmallRun.Save(_root.Path, step, ranks: 1);

        SmallRun.Save(_root.Path, 150, ranks: 1, epoch: 2, retention: new RetentionPolicy(1));

        Assert.Equal([150, 200, 300], CheckpointLocation.CommittedSteps(_root.Store));
        using var checkpoint = Checkpoint.Open(_root.Path);
        SmallRun.AssertHolds(checkpoint, 150);
    }

    [Fact]
    public void Publish_AnUncommittedFolder_IsRefused()
    {
        SmallRun.Save(_root.Path, 100, ranks: 1);
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        var empty = new StoredFolder(_root.Store, "step-00000300");
        Directory.CreateDirectory(empty.Path);

        Assert.Contains("is not a committed checkpoint",
            Assert.Throws<CheckpointException>(() => CheckpointPublish.Publish(folder, RetentionPolicy.All)).Message);
        Assert.Contains("is not a committed checkpoint",
            Assert.Throws<CheckpointException>(() => CheckpointPublish.Publish(empty, RetentionPolicy.All)).Message);
        Assert.Equal("step-00000100\n", File.ReadAllText(Path.Combine(_root.Path, "latest")));
    }
}
