using Distributed.Configuration;
using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>Stores checkpoints in a folder of a file system, local or shared by all workers.</summary>
/// <param name="root">Path of the folder; the first save creates it.</param>
public sealed class DirectoryStore(string root) : ICheckpointStore
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
    private RunFolderClaim? _claim; // kept after its release, so that a change in flight fails

    public long? FreeBytes
    {
        get
        {
            try
            {
                return new DriveInfo(_root).AvailableFreeSpace;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return null;
            }
        }
    }

    public string PathOf(string folder, string file = "") => Path.Combine(_root, folder, file).TrimEnd(Path.DirectorySeparatorChar);

    public IReadOnlyList<string> Folders() =>
        Try(
            () => Directory.Exists(_root)
                ? Directory.EnumerateDirectories(_root).Select(folder => Path.GetFileName(folder)).Where(name => name[0] != '.').ToArray()
                : []);

    public bool Exists(string folder, string file = "") =>
        file.Length == 0 ? Directory.Exists(PathOf(folder)) : File.Exists(PathOf(folder, file));

    public void Create(string folder) => Change(() =>
    {
        Directory.CreateDirectory(PathOf(folder)); // creates parents too, so it must not use the claim's path; Change has checked the claim
        DurableFolder.Flush(_root);
        return true;
    });

    public IWritableFile Put(string folder, string file, long length) =>
        new FlushedWithFolder(this, Change(() => new DiskWriter(ClaimedPathOf(folder, file), length)), folder, file);

    public IReadableFile Open(string folder, string file) => Try(() =>
    {
        FileStatus.RefuseSpecial(PathOf(folder, file));
        return new DiskReader(PathOf(folder, file));
    });

    public void Commit(string unfinished, string committed) => Change(() =>
    {
        var (from, to) = (ClaimedPathOf(unfinished), ClaimedPathOf(committed));
        if (!Directory.Exists(to)) Directory.Move(from, to);
        else if (!DurableFolder.TryExchange(from, to)) FolderRemoval.ReplaceByTwoRenames(from, to);
        DurableFolder.Flush(_root);
        FolderRemoval.TryDelete(from); // after an exchange this is the old folder; if it cannot be removed, the next save removes it
        return true;
    });

    public void Delete(string folder, string file = "") => Change(() =>
    {
        if (file.Length > 0) DeleteFile(folder, file);
        else if (Directory.Exists(PathOf(folder))) FolderRemoval.Delete(ClaimedPathOf(folder));
        return true;
    });

    public IStoreClaim Claim(StoreOwner? owner = null) => _claim = RunFolderClaim.Take(_root, owner);

    public override string ToString() => _root;

    // A path that exists only while this process holds its claim.
    private string ClaimedPathOf(string folder, string file = "") => _claim is null
        ? PathOf(folder, file)
        : Path.Combine(_claim.ClaimedPath, folder, file).TrimEnd(Path.DirectorySeparatorChar);

    private T Change<T>(Func<T> action)
    {
        RequireClaim(null);
        try
        {
            return Try(action);
        }
        catch (IOException e)
        {
            RequireClaim(e); // the claim was lost during the change
            throw;
        }
    }

    private void RequireClaim(IOException? cause)
    {
        if (_claim?.LostBecause(cause) is { } lost) throw lost;
    }

    private void DeleteFile(string folder, string file)
    {
        if (!File.Exists(PathOf(folder, file))) return;
        File.Delete(ClaimedPathOf(folder, file));
        DurableFolder.Flush(PathOf(folder));
    }

    // A missing permission is reported as an IOException, like every other refusal of a store.
    private T Try<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    // The file's name is durable only after the folder is flushed too.
    private sealed class FlushedWithFolder(DirectoryStore store, DiskWriter writer, string folder, string file) : IWritableFile
    {
        public string Path => store.PathOf(folder, file);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => writer.Write(bytes, offset);

        public void Complete()
        {
            store.Change(() =>
            {
                writer.Complete();
                return true;
            });
            DurableFolder.Flush(store.PathOf(folder));
        }

        public void Dispose() => writer.Dispose();
    }
}
