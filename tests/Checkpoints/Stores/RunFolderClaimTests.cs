using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests.Stores;

public sealed class RunFolderClaimTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Take_HeldByAnother_IsRefusedUntilItIsReleased()
    {
        var root = Path.Combine(_root.Path, "new");
        using (new DirectoryStore(root).Claim())
        {
            var error = Assert.Throws<CheckpointException>(() => new DirectoryStore(root).Claim());
            Assert.Contains(root, error.Message, StringComparison.Ordinal);
            Assert.Contains("Another run", error.Message, StringComparison.Ordinal);
        }

        using var free = new DirectoryStore(root).Claim();
    }

    [Fact]
    public void Take_AfterAProcessThatWasKilled_IsFreeForAnyRun()
    {
        Directory.CreateDirectory(_root.Path);
        var left = Path.Combine(_root.Path, ".owner-7-one");
        File.CreateSymbolicLink(left, ".");

        using (new DirectoryStore(_root.Path).Claim(new StoreOwner("another/run", 1)))
        {
            Assert.False(Path.Exists(left));
            Assert.Empty(new DirectoryStore(_root.Path).Folders());
        }

        Assert.Equal([".lock"], Directory.EnumerateFileSystemEntries(_root.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Take_ByAnEarlierEpochThanOneThatWasKilled_IsRefused()
    {
        Directory.CreateDirectory(_root.Path);
        File.CreateSymbolicLink(Path.Combine(_root.Path, ".owner-7-one"), ".");

        var error = Assert.Throws<CheckpointException>(() => new DirectoryStore(_root.Path).Claim(new StoreOwner("one", 6)));

        Assert.Contains("Epoch 7 of this run saves here, and this is epoch 6", error.Message, StringComparison.Ordinal);
        using var later = new DirectoryStore(_root.Path).Claim(new StoreOwner("one", 8));
    }

    [Fact]
    public void TakenOver_WhileLatestIsBeingWritten_DoesNotChangeIt()
    {
        var old = new DirectoryStore(_root.Path);
        using var claim = old.Claim(new StoreOwner("one", 7));
        using var moving = old.Put("", "latest", 1);
        moving.Write("7"u8, 0);
        var successor = new DirectoryStore(_root.Path);
        using var taken = successor.Claim(new StoreOwner("one", 8));
        using (var latest = successor.Put("", "latest", 1)) // the old claim's open files do not block it
        {
            latest.Write("8"u8, 0);
            Assert.Contains("a later epoch of the run has taken it over", Assert.ThrowsAny<IOException>(moving.Complete).Message,
                StringComparison.Ordinal);
            latest.Complete();
        }

        Assert.Equal("8", File.ReadAllText(Path.Combine(_root.Path, "latest")));
    }

    [Theory]
    [InlineData("removed", "removed or renamed")]
    [InlineData("renamed", "removed or renamed")]
    [InlineData("made again", "emptied, or replaced by another")]
    public void Lost_TheFolderIsGone_IsReportedAndItIsNotCreatedAgain(string how, string expected)
    {
        var root = Path.Combine(_root.Path, "run");
        var store = new DirectoryStore(root);
        using var claim = store.Claim(new StoreOwner("one", 7));
        Assert.Null(claim.Lost);
        var unfinished = CheckpointCommit.Begin(store, 100, 7);
        if (how == "renamed") Directory.Move(root, root + "-2");
        else Directory.Delete(root, recursive: true);
        if (how == "made again") Directory.CreateDirectory(root);

        Assert.IsType<FolderMissingException>(claim.Lost);
        var refusals = new[]
        {
            Assert.Throws<CheckpointException>(() => CheckpointCommit.Begin(store, 200, 7)),
            Assert.Throws<CheckpointException>(() => CheckpointShardWriter.WriteShard(unfinished, TensorKind.Weights, 0, [])),
        };
        Assert.All(refusals, refusal =>
        {
            Assert.Equal(CheckpointFailureCause.FolderMissing, refusal.Cause);
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("later epoch of the run has taken", refusal.Message, StringComparison.Ordinal);
        });
        Assert.Equal(how == "made again", Directory.Exists(root));
        if (how == "made again") Assert.Empty(Directory.EnumerateFileSystemEntries(root));
    }

    [Fact]
    public void Lost_TheFolderIsBeingRemovedAndTheLinkWasFirst_IsNotReportedAsTakenOver()
    {
        using var claim = new DirectoryStore(_root.Path).Claim(new StoreOwner("one", 7));
        File.Delete(Path.Combine(_root.Path, ".owner-7-one"));

        Assert.Contains("emptied, or replaced by another", Assert.IsType<FolderMissingException>(claim.Lost).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_ALaterEpochHasTakenItAndEnded_IsReportedAsTakenOver()
    {
        using var claim = new DirectoryStore(_root.Path).Claim(new StoreOwner("one", 7));
        using (new DirectoryStore(_root.Path).Claim(new StoreOwner("one", 8)))
        {
        }

        Assert.Contains("a later epoch of the run has taken it over", claim.Lost!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_BelowAFile_IsRefused()
    {
        var file = Path.Combine(_root.Path, "file");
        File.WriteAllText(file, "");
        var message = Assert.Throws<CheckpointException>(() => new DirectoryStore(Path.Combine(file, "below")).Claim()).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains("may write to", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Another run", message, StringComparison.Ordinal); // no other run exists
    }
}
