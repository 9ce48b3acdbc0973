using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Files;

/// <summary>
/// A file on disk on its way, beside its name with the suffix <see cref="PartialSuffix"/>: its space is reserved at the beginning, so that a full
/// disk is known before the first byte, and it is flushed before it gets its name. The folder is not flushed.
/// </summary>
public sealed class DiskWriter : IWritableFile
{
    /// <summary>Suffix of a file that is still being written.</summary>
    public const string PartialSuffix = ".partial";

    private readonly string _partial;
    private readonly SafeFileHandle _handle;
    private readonly EarlyWriteback _writeback;
    private bool _complete;

    /// <param name="path">Of the file; its folder exists.</param>
    /// <param name="length">Bytes that will be written.</param>
    /// <exception cref="IOException">There is no room or no such folder, or it cannot be written to.</exception>
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
        _writeback.Wrote(bytes.Length);
    }

    public void Complete()
    {
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        File.Move(_partial, Path, overwrite: true);
        _complete = true;
    }

    /// <summary>Gives up what is not complete: nothing is left of it.</summary>
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
            // The failure that led here is the one to report.
        }
    }
}
