using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// Reads and writes a small file as a whole. The size is checked before anything is allocated. A file without a size (a device) reads as
/// empty.
/// </summary>
internal static class BoundedFile
{
    /// <exception cref="CheckpointException">The file has more than <paramref name="most"/> bytes, or cannot be read.</exception>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    public static byte[] Read(ICheckpointStore store, string folder, string name, int most)
    {
        var path = store.PathOf(folder, name);
        try
        {
            using var file = store.Open(folder, name);
            if (file.Length > most)
                throw new CheckpointException(
                    $"{path}: has {file.Length} bytes; allowed: at most {most}. It is damaged, or is another file with this name.");
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

    /// <summary>Writes a small file atomically: a reader sees the whole old file or the whole new one.</summary>
    /// <exception cref="IOException">The file could not be written; the old file is unchanged.</exception>
    public static void Write(ICheckpointStore store, string folder, string name, ReadOnlySpan<byte> bytes)
    {
        using var file = store.Put(folder, name, bytes.Length);
        file.Write(bytes, 0);
        file.Complete();
    }
}
