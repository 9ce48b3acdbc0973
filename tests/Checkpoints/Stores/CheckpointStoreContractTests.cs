using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests.Stores;

/// <summary>The contract of every store; the tests of a store derive from this class.</summary>
public abstract class CheckpointStoreContractTests : IDisposable
{
    private readonly ICheckpointStore _store;

    protected CheckpointStoreContractTests(ICheckpointStore store) => _store = store;

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Opens the same storage as another process would.</summary>
    protected abstract ICheckpointStore Again();

    /// <summary>Leaves the same files as a process that ends while it writes a file.</summary>
    protected abstract void WriterEnds(string folder, string file);

    [Fact]
    public void Folders_OfARootThatDoesNotExist_AreNone() => Assert.Empty(_store.Folders());

    [Fact]
    public void Create_IsListedByAllAndHoldsNothing()
    {
        _store.Create("a");
        _store.Create("b");

        Assert.Equal(["a", "b"], Again().Folders().Order());
        Assert.True(Again().Exists("a"));
        Assert.False(Again().Exists("a", "x"));
        Assert.False(Again().Exists("c"));
    }

    [Fact]
    public void Put_UntilItIsComplete_DoesNotExist()
    {
        _store.Create("a");
        using var file = _store.Put("a", "x", 3);
        file.Write([1, 2, 3], 0);

        Assert.False(Again().Exists("a", "x"));
        Assert.Throws<FileNotFoundException>(() => Again().Open("a", "x"));

        file.Complete();
        Assert.Equal([1, 2, 3], Read("a", "x"));
    }

    [Fact]
    public void Put_NotCompleted_KeepsThePreviousFile()
    {
        _store.Create("a");
        Write("a", "x", [1, 2, 3]);
        using (var file = _store.Put("a", "x", 2)) file.Write([9, 9], 0);
        using (_store.Put("a", "y", 2))
        {
            // nothing is written
        }

        Assert.Equal([1, 2, 3], Read("a", "x"));
        Assert.False(_store.Exists("a", "y"));
    }

    [Fact]
    public void Put_OverAnother_ReplacesIt()
    {
        _store.Create("a");
        Write("a", "x", [1, 2, 3]);
        Write("a", "x", [4]);

        Assert.Equal([4], Read("a", "x"));
    }

    [Fact]
    public void Put_AfterItsWriterEnded_StartsOver()
    {
        _store.Create("a");
        WriterEnds("a", "x");
        Assert.False(Again().Exists("a", "x"));

        Write("a", "x", [5, 6]);
        Assert.Equal([5, 6], Read("a", "x"));
    }

    [Fact]
    public void Put_PiecesFromSeveralThreadsInAnyOrder_AreAllWritten()
    {
        const int Piece = 100_003, Pieces = 64;
        var bytes = new byte[Piece * Pieces];
        new Random(3).NextBytes(bytes);
        _store.Create("a");
        using (var file = _store.Put("a", "x", bytes.Length))
        {
            Parallel.ForEach(Enumerable.Range(0, Pieces).Reverse(), new ParallelOptions { MaxDegreeOfParallelism = 4 },
                i => file.Write(bytes.AsSpan(i * Piece, Piece), (long)i * Piece));
            file.Complete();
        }

        Assert.Equal(bytes, Read("a", "x"));
    }

    [Fact]
    public void Put_OfNoBytes_Exists()
    {
        _store.Create("a");
        Write("a", "x", []);

        Assert.Empty(Read("a", "x"));
    }

    [Fact]
    public void Put_IntoAFolderThatIsGone_IsRefusedAndCreatesNone()
    {
        _store.Create("a");
        _store.Create("b");
        _store.Delete("a");

        Assert.Throws<DirectoryNotFoundException>(() => _store.Put("a", "x", 1));
        Assert.Equal(["b"], _store.Folders());
    }

    [Fact]
    public void Put_BesideTheFolders_IsNotAFolder()
    {
        _store.Create("a");
        Write("", "latest", [7]);

        Assert.Equal([7], Read("", "latest"));
        Assert.Equal(["a"], _store.Folders());
    }

    [Fact]
    public void Open_ReadsByRangeAndNothingPastTheEnd()
    {
        _store.Create("a");
        Write("a", "x", [0, 1, 2, 3, 4, 5, 6, 7]);
        using var file = Again().Open("a", "x");
        var middle = new byte[3];

        Assert.Equal(8, file.Length);
        Assert.Equal(3, file.Read(middle, 4));
        Assert.Equal([4, 5, 6], middle);
        Assert.Equal(1, file.Read(middle, 7));
        Assert.Equal(0, file.Read(middle, 8));
        Assert.Equal(0, file.Read(middle, 1000));
    }

    [Fact]
    public void Open_WhatDoesNotExist_IsRefused()
    {
        _store.Create("a");

        Assert.Throws<FileNotFoundException>(() => _store.Open("a", "x"));
        Assert.ThrowsAny<IOException>(() => _store.Open("b", "x"));
    }

    [Fact]
    public void Open_BeforeItIsReplaced_ReadsTheOldFile()
    {
        _store.Create("a");
        Write("a", "x", [1, 2]);
        using var old = _store.Open("a", "x");
        Write("a", "x", [3, 4]);
        var bytes = new byte[2];

        Assert.Equal(2, old.Read(bytes, 0));
        Assert.Equal([1, 2], bytes);
    }

    [Fact]
    public void Commit_MovesAllFilesAtOnce()
    {
        _store.Create("a.tmp-1");
        Write("a.tmp-1", "x", [1]);
        Write("a.tmp-1", "y", [2]);

        _store.Commit("a.tmp-1", "a");

        Assert.Equal(["a"], Again().Folders());
        Assert.Equal([1], Read("a", "x"));
        Assert.Equal([2], Read("a", "y"));
    }

    [Fact]
    public void Commit_OverAnother_RemovesItsFiles()
    {
        _store.Create("a");
        Write("a", "x", [1]);
        Write("a", "only-in-the-old", [1]);
        _store.Create("a.tmp-2");
        Write("a.tmp-2", "x", [2]);

        _store.Commit("a.tmp-2", "a");

        Assert.Equal(["a"], _store.Folders());
        Assert.Equal([2], Read("a", "x"));
        Assert.False(_store.Exists("a", "only-in-the-old"));
    }

    [Fact]
    public void Commit_OfAMissingFolder_IsRefusedAndChangesNothing()
    {
        _store.Create("a");
        Write("a", "x", [1]);

        Assert.ThrowsAny<IOException>(() => _store.Commit("a.tmp-2", "a"));
        Assert.Equal([1], Read("a", "x"));
        Assert.Equal(["a"], _store.Folders());
    }

    [Fact]
    public void Delete_RemovesAllFiles_AndIgnoresAMissingFolder()
    {
        _store.Create("a");
        _store.Create("b.tmp-1");
        Write("a", "x", [1]);
        Write("b.tmp-1", "x", [1]);

        _store.Delete("a");
        _store.Delete("b.tmp-1");
        _store.Delete("never");

        Assert.Empty(_store.Folders());
        Assert.False(_store.Exists("a", "x"));
    }

    [Fact]
    public void Delete_OfAFile_KeepsTheOthers()
    {
        _store.Create("a");
        Write("a", "x", [1]);
        Write("a", "y", [2]);
        Write("", "latest", [3]);

        _store.Delete("a", "x");
        _store.Delete("", "latest");
        _store.Delete("a", "never");
        _store.Delete("never", "x");

        Assert.False(_store.Exists("a", "x") || _store.Exists("", "latest"));
        Assert.Equal([2], Read("a", "y"));
    }

    [Fact]
    public void Claim_HeldByAnother_IsRefusedUntilItIsReleased()
    {
        using (_store.Claim())
        {
            var error = Assert.Throws<CheckpointException>(() => Again().Claim());
            Assert.Contains("Another run", error.Message, StringComparison.Ordinal);
        }

        using var free = Again().Claim();
    }

    [Fact]
    public void Claim_ByALaterEpochOfTheSameRun_TakesOverAndTheEarlierCanChangeNothing()
    {
        using var early = _store.Claim(new StoreOwner("one", 7));
        _store.Create("kept");
        _store.Create("new.tmp-7");
        using var open = _store.Put("new.tmp-7", "x", 1);
        var successor = Again();
        using (successor.Claim(new StoreOwner("one", 8)))
        {
            Assert.ThrowsAny<IOException>(open.Complete);
            Assert.ThrowsAny<IOException>(() => _store.Put("kept", "x", 1));
            Assert.ThrowsAny<IOException>(() => _store.Put("", "latest", 1));
            Assert.ThrowsAny<IOException>(() => _store.Commit("new.tmp-7", "new"));
            Assert.ThrowsAny<IOException>(() => _store.Commit("new.tmp-7", "kept"));
            Assert.ThrowsAny<IOException>(() => _store.Delete("kept"));
            Assert.ThrowsAny<IOException>(() => _store.Create("more"));
            Assert.Equal(["kept", "new.tmp-7"], successor.Folders().Order());
            Assert.False(successor.Exists("kept", "x"));
            early.Dispose(); // releases a claim that it has already lost

            Assert.Throws<CheckpointException>(() => Again().Claim(new StoreOwner("one", 7)));
            Assert.Throws<CheckpointException>(() => Again().Claim(new StoreOwner("two", 9)));
            successor.Delete("new.tmp-7");
            Assert.Equal(["kept"], Again().Folders());
        }

        using var free = Again().Claim(new StoreOwner("two", 1));
    }

    [Fact]
    public void PathOf_NamesRootFolderAndFile()
    {
        var root = _store.PathOf("");

        Assert.StartsWith(root, _store.PathOf("a"), StringComparison.Ordinal);
        Assert.StartsWith(_store.PathOf("a"), _store.PathOf("a", "x"), StringComparison.Ordinal);
        Assert.EndsWith("x", _store.PathOf("a", "x"), StringComparison.Ordinal);
    }

    private void Write(string folder, string file, ReadOnlySpan<byte> bytes)
    {
        using var writer = _store.Put(folder, file, bytes.Length);
        writer.Write(bytes, 0);
        writer.Complete();
    }

    private byte[] Read(string folder, string name)
    {
        using var file = Again().Open(folder, name);
        var bytes = new byte[file.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var read = file.Read(bytes.AsSpan(done), done);
            Assert.NotEqual(0, read);
            done += read;
        }

        return bytes;
    }
}
