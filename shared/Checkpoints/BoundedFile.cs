using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>A small file, read or written whole. Its size decides before anything is allocated, and what has none (a device) is empty.</summary>
internal static class BoundedFile
{
    /// <exception cref="CheckpointException">It is longer than it may be, or cannot be read.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static byte[] Read(ICheckpointStore store, string folder, string name, int most)
    {
        var path = store.PathOf(folder, name);
        try
        {
            using var file = store.Open(folder, name);
            if (file.Length > most) throw new CheckpointException($"{path}: has {file.Length} bytes, it may have {most} at most: it is damaged, or another file under this name.");
            var bytes = new byte[file.Length];
            var done = 0;
            while (done < bytes.Length && file.Read(bytes.AsSpan(done), done) is > 0 and var read) done += read;
            return bytes[..done];
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            throw new CheckpointException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes a small file; the old one or the new one is there, whole, whenever it is looked at.</summary>
    /// <exception cref="IOException">It could not be written; the old one is untouched.</exception>
    public static void Write(ICheckpointStore store, string folder, string name, ReadOnlySpan<byte> bytes)
    {
        using var file = store.Put(folder, name, bytes.Length);
        file.Write(bytes, 0);
        file.Complete();
    }
}
