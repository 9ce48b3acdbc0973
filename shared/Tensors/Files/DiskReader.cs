using Distributed.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Files;

/// <summary>Reads a file on disk.</summary>
public sealed class DiskReader : IReadableFile
{
    private readonly SafeFileHandle _handle;

    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="IOException">The file cannot be opened, or is a pipe, a socket or a device.</exception>
    public DiskReader(string path)
    {
        Path = path;
        FileStatus.RefuseSpecial(path);
        try
        {
            _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }

        Length = RandomAccess.GetLength(_handle);
    }

    public string Path { get; }

    public long Length { get; }

    public int Read(Span<byte> destination, long offset)
    {
        try
        {
            return RandomAccess.Read(_handle, destination, offset);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public void Dispose() => _handle.Dispose();
}
