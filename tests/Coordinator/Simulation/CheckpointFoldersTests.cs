using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Simulation;

namespace Distributed.Coordinator.Tests.Simulation;

public sealed class CheckpointFoldersTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly CheckpointFolders _folders = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("one", "one")]
    [InlineData(null, "")]
    public void LatestBeside_ADeletedCheckpoint_IsTheOneThatLatestNamesIfOfTheSameRun(string? saved, string run)
    {
        Commit(3, saved);
        Commit(4, saved);

        Assert.False(_folders.Exists(_root.At("step-00000002")));
        Assert.True(_folders.Exists(_root.At("step-00000004")));
        Assert.Equal(new CommittedCheckpoint(_root.At("step-00000004"), 4),
            _folders.FindLatestInSameFolder(_root.At("step-00000002"), run));
        Assert.Null(_folders.FindLatestInSameFolder(_root.At("step-00000002"), "another"));
    }

    [Fact]
    public void LatestBeside_LatestNamesAnEmptyFolder_IsTheNewestOfTheSameRun()
    {
        Commit(3, "one");
        Commit(4, "another");
        Directory.CreateDirectory(_root.At("step-00000005"));
        File.WriteAllText(_root.At("latest"), "step-00000005\n");

        Assert.Equal(new CommittedCheckpoint(_root.At("step-00000003"), 3),
            _folders.FindLatestInSameFolder(_root.At("step-00000002"), "one"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("step-00000004")] // which does not exist
    [InlineData("nonsense")]
    public void LatestBeside_WithoutAUsableLatest_IsNull(string? latest)
    {
        if (latest is not null) File.WriteAllText(_root.At("latest"), latest);

        Assert.Null(_folders.FindLatestInSameFolder(_root.At("step-00000002"), "one"));
        Assert.Null(_folders.FindLatestInSameFolder(_root.At("never/made/step-00000002"), "one"));
    }

    // Commits a checkpoint without tensors, which these tests do not need.
    private void Commit(long step, string? run)
    {
        var state = new CheckpointState
        {
            Job = "job", Run = run, Model = [], Step = step, SampleCursor = 0, TokensSeen = 0, Seed = 0, World = new WorldLayout(1, 1, 1)
        };
        CheckpointPublish.Publish(CheckpointCommit.Commit(CheckpointCommit.Begin(new DirectoryStore(_root.At(".")), step, 1), state, []),
            RetentionPolicy.All);
    }
}
