using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Files;

/// <summary>
/// Writes a file on disk under a temporary name with the suffix <see cref="PartialSuffix"/>. The constructor reserves the space, so that
/// a full disk is detected before the first write. The file is flushed before it is renamed to its final name; the folder is not flushed.
/// </summary>
public sealed class DiskWriter : IWritableFile
{
    /// <summary>Suffix of an incomplete file.</summary>
    public const string PartialSuffix = ".partial";

    private readonly string _partial;
    private readonly SafeFileHandle _handle;
    private readonly EarlyWriteback _writeback;
    private bool _complete;

    /// <param name="path">Path of the complete file; its folder must exist.</param>
    /// <param name="length">Length of the file, in bytes.</param>
    /// <exception cref="IOException">The disk is full, or the folder does not exist or is not writable.</exception>
    public DiskWriter(string path, long length)
    {
        Path = path;
        _partial = path + PartialSuffix;
        try
        {
            _handle = File.OpenHandle(_partial, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, length);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        catch
        {
            RemoveQuietly();
            throw;
        }

        _writeback = new EarlyWriteback(_handle);
    }

    public string Path { get; }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        RandomAccess.Write(_handle, bytes, offset);
        _writeback.RecordWritten(bytes.Length);
    }

    public void Complete()
    {
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        File.Move(_partial, Path, overwrite: true);
        _complete = true;
    }

    /// <summary>Closes the file; removes it if it is not complete.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        if (!_complete) RemoveQuietly();
    }

    private void RemoveQuietly()
    {
        try
        {
            File.Delete(_partial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The original failure is reported instead.
        }
    }
}
