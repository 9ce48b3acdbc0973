namespace Distributed.Checkpoints;

/// <summary>A small file that is either the old one or the new one, whole and on the disk, whenever it is looked at.</summary>
internal static class DurableFile
{
    /// <summary>Writes beside the file, flushes, renames over it, and flushes the folder.</summary>
    /// <exception cref="IOException">The disk is full or fails; the old file is untouched.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var written = path + ".new";
        try
        {
            using (var handle = File.OpenHandle(written, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, bytes.Length))
            {
                RandomAccess.Write(handle, bytes, 0);
                RandomAccess.FlushToDisk(handle);
            }

            File.Move(written, path, overwrite: true);
        }
        catch
        {
            FolderRemoval.TryDeleteFile(written);
            throw;
        }

        DurableFolder.Flush(Path.GetDirectoryName(path)!);
    }
}
