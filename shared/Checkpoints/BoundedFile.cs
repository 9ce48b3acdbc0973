namespace Distributed.Checkpoints;

/// <summary>A small file read whole. Its size decides before anything is allocated, and what has none (a device) is empty.</summary>
internal static class BoundedFile
{
    /// <exception cref="CheckpointException">It is longer than it may be, or cannot be read.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static byte[] Read(string path, int most)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            var length = RandomAccess.GetLength(handle);
            if (length > most) throw new CheckpointException($"{path}: has {length} bytes, it may have {most} at most: it is damaged, or another file under this name.");
            var bytes = new byte[length];
            var done = 0;
            while (done < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(done), done) is > 0 and var read) done += read;
            return bytes[..done];
        }
        catch (Exception e) when (e is IOException and not FileNotFoundException and not DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
