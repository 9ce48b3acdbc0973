using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Cli;
using Distributed.Coordinator.Jobs;

namespace Distributed.Integration.Tests;

public sealed class CheckpointFoldersTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("distributed-folders-");
    private readonly CheckpointFolders _folders = new();

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("one", "one")]
    [InlineData(null, "")]
    public void LatestBeside_ADeletedCheckpoint_IsTheOneThatLatestNamesIfOfTheSameRun(string? saved, string run)
    {
        Commit(3, saved);
        Commit(4, saved);

        Assert.False(_folders.Exists(At("step-00000002")));
        Assert.True(_folders.Exists(At("step-00000004")));
        Assert.Equal(new CommittedCheckpoint(At("step-00000004"), 4),
            _folders.FindLatestInSameFolder(At("step-00000002"), run));
        Assert.Null(_folders.FindLatestInSameFolder(At("step-00000002"), "another"));
    }

    [Fact]
    public void LatestBeside_LatestNamesAnEmptyFolder_IsTheNewestOfTheSameRun()
    {
        Commit(3, "one");
        Commit(4, "another");
        Directory.CreateDirectory(At("step-00000005"));
        File.WriteAllText(At("latest"), "step-00000005\n");

        Assert.Equal(new CommittedCheckpoint(At("step-00000003"), 3),
            _folders.FindLatestInSameFolder(At("step-00000002"), "one"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("step-00000004")] // which does not exist
    [InlineData("nonsense")]
    public void LatestBeside_WithoutAUsableLatest_IsNull(string? latest)
    {
        if (latest is not null) File.WriteAllText(At("latest"), latest);

        Assert.Null(_folders.FindLatestInSameFolder(At("step-00000002"), "one"));
        Assert.Null(_folders.FindLatestInSameFolder(At("never/made/step-00000002"), "one"));
    }

    private string At(string name) => Path.Combine(_root.FullName, name);

    // Commits a checkpoint without tensors, which these tests do not need.
    private void Commit(long step, string? run)
    {
        var state = new CheckpointState
        {
            Job = "job", Run = run, Model = [], Step = step, SampleCursor = 0, TokensSeen = 0, Seed = 0, World = new WorldLayout(1, 1, 1)
        };
        CheckpointPublish.Publish(CheckpointCommit.Commit(CheckpointCommit.Begin(new DirectoryStore(At(".")), step, 1), state, []),
            RetentionPolicy.All);
    }
}
