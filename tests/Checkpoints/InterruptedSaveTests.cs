using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

/// <summary>A save killed between any two of its steps: the previous checkpoint is used, and the next save cleans the folder up.</summary>
public sealed class InterruptedSaveTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    public enum Killed
    {
        AfterBegin,
        WhileAShardIsWritten,
        AfterSomeShards,
        AfterTheManifest,
        AfterTheName,
        WhileLatestIsWritten,
        WhileAnOldOneIsDeleted,
    }

    public static TheoryData<Killed> Moments => [.. Enum.GetValues<Killed>()];

    [Theory]
    [MemberData(nameof(Moments))]
    public void Open_AfterASaveWasKilled_IsThePreviousCheckpoint(Killed moment)
    {
        SmallRun.Save(_root.Path, 100);

        Kill(moment);

        using (var checkpoint = Checkpoint.Open(_root.Path)) SmallRun.AssertHolds(checkpoint, 100);

        // The run resumes at 100 in a new epoch and reaches 200 again.
        SmallRun.Save(_root.Path, 200, epoch: 2);
        using var resumed = Checkpoint.Open(_root.Path);
        SmallRun.AssertHolds(resumed, 200);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_root.Path),
            e => e.Contains(".tmp-", StringComparison.Ordinal) || e.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public void Open_AnUnfinishedSaveByItsName_IsRefused()
    {
        SmallRun.Save(_root.Path, 100);
        Kill(Killed.AfterTheManifest);

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(Path.Combine(_root.Path, "step-00000200.tmp-1")));

        Assert.Contains("is an unfinished save", error.Message);
        Assert.Contains("Committed here: step-00000100", error.Message);
    }

    private void Kill(Killed moment)
    {
        var folder = CheckpointCommit.Begin(_root.Store, 200, 1);
        switch (moment)
        {
            case Killed.AfterBegin:
                break;
            case Killed.WhileAShardIsWritten:
                SmallRun.WriteShards(folder, 200, 4);
                var shard = folder.PathOf(CheckpointLayout.ShardFile(TensorKind.Weights, 3));
                File.WriteAllBytes(shard + ".partial", File.ReadAllBytes(shard)[..50]);
                File.Delete(shard);
                break;
            case Killed.AfterSomeShards:
                SmallRun.WriteShard(folder, 200, 0, 4);
                break;
            case Killed.AfterTheManifest:
                Directory.Move(Commit(folder).Path, folder.Path);
                break;
            case Killed.AfterTheName:
                Commit(folder);
                break;
            case Killed.WhileLatestIsWritten:
                Commit(folder);
                File.WriteAllText(Path.Combine(_root.Path, "latest.partial"), "step-0000");
                break;
            case Killed.WhileAnOldOneIsDeleted:
                Directory.CreateDirectory(Path.Combine(_root.Path, "step-00000050.tmp-deleted"));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(moment));
        }
    }

    private static StoredFolder Commit(StoredFolder folder) =>
        CheckpointCommit.Commit(folder, SmallRun.State(200), SmallRun.WriteShards(folder, 200, 4), SmallRun.Expected);
}
