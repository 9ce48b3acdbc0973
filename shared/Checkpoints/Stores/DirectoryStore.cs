using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Stores;

/// <summary>Checkpoints in a folder of a file system, local or shared by all workers.</summary>
/// <param name="root">Its path; made by the first save.</param>
public sealed class DirectoryStore(string root) : ICheckpointStore
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

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

    public IReadOnlyList<string> Folders() => Try(() => Directory.Exists(_root) ? Directory.EnumerateDirectories(_root).Select(folder => Path.GetFileName(folder)).ToArray() : []);

    public bool Holds(string folder, string file = "") => file.Length == 0 ? Directory.Exists(PathOf(folder)) : File.Exists(PathOf(folder, file));

    public void Create(string folder) => Try(() =>
    {
        Directory.CreateDirectory(PathOf(folder));
        DurableFolder.Flush(_root);
        return true;
    });

    public IWritableFile Put(string folder, string file, long length) => new FlushedWithFolder(Try(() => new DiskWriter(PathOf(folder, file), length)), PathOf(folder));

    public IReadableFile Open(string folder, string file) => Try(() => new DiskReader(PathOf(folder, file)));

    public void Commit(string unfinished, string committed) => Try(() =>
    {
        var (from, to) = (PathOf(unfinished), PathOf(committed));
        if (!Directory.Exists(to)) Directory.Move(from, to);
        else if (!DurableFolder.TryExchange(from, to)) FolderRemoval.ReplaceByTwoRenames(from, to);
        DurableFolder.Flush(_root);
        FolderRemoval.TryDelete(from); // after an exchange it holds the old one; if it stays, the next save removes it
        return true;
    });

    public void Delete(string folder) => Try(() =>
    {
        if (Directory.Exists(PathOf(folder))) FolderRemoval.Delete(PathOf(folder));
        return true;
    });

    public IDisposable Claim() => RunLock.Take(_root);

    public override string ToString() => _root;

    // A folder without permission is a refusal of the store as a full disk is.
    private static T Try<T>(Func<T> action)
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

    // The file's name is in the folder only when that is flushed too.
    private sealed class FlushedWithFolder(DiskWriter file, string folder) : IWritableFile
    {
        public string Path => file.Path;

        public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public void Complete()
        {
            Try(() =>
            {
                file.Complete();
                return true;
            });
            DurableFolder.Flush(folder);
        }

        public void Dispose() => file.Dispose();
    }
}
