namespace Distributed.Data.Packing;

/// <summary>Writes small files whose presence marks the data beside them as complete.</summary>
internal static class DurableFile
{
    /// <summary>Writes a new file and waits until it is on the disk.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }
}
