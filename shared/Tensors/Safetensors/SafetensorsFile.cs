using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// A safetensors file, open for reading: an 8-byte little-endian header length, a JSON header, and the data.
/// The whole header is checked on opening; the data is read where it is asked for, straight into its
/// destination, and nothing else of it is ever in memory. Safe for use from several threads.
/// </summary>
public sealed partial class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>The path as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    /// <summary>The tensors by name, enumerated in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The free-form strings of <c>__metadata__</c>; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    private SafetensorsFile(string path, SafeFileHandle handle, long length, OrderedDictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        _handle = handle;
        Length = length;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>Opens a file and checks its header against the format and against the file's length.</summary>
    /// <exception cref="SafetensorsException">
    /// There is no such file, it cannot be read, it is shorter or longer than its header says, or the header is malformed: bad
    /// JSON, a tensor named twice, an unknown dtype, a shape and a byte range that disagree, overlaps, holes.
    /// </exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SafetensorsException(path, null, $"cannot be opened: {e.Message}", e);
        }

        try
        {
            return ReadHeader(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static SafetensorsFile ReadHeader(string path, SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        if (length < SafetensorsHeader.PrefixBytes)
            throw new SafetensorsException(path, null, $"the file has {length} bytes; a safetensors file begins with an 8-byte header length.");

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        ReadExactly(path, null, handle, 0, prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.LongestBytes)
            throw new SafetensorsException(path, null, $"the header claims {headerLength} bytes, the format allows {SafetensorsHeader.LongestBytes}; this is no safetensors file, or its first bytes are damaged.");
        if ((long)headerLength > length - SafetensorsHeader.PrefixBytes)
            throw new SafetensorsException(path, null, $"the header claims {headerLength} bytes but only {length - SafetensorsHeader.PrefixBytes} follow: the file is truncated, or its first bytes are damaged.");

        var json = new byte[headerLength];
        ReadExactly(path, null, handle, SafetensorsHeader.PrefixBytes, json);
        var header = SafetensorsHeader.Parse(path, json);
        var tensors = SafetensorsLayout.Check(path, header.Entries, SafetensorsHeader.PrefixBytes + (long)headerLength, length);
        return new SafetensorsFile(path, handle, length, tensors, header.Metadata);
    }

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="SafetensorsException">The file has no tensor of that name.</exception>
    public TensorEntry Find(string name) =>
        Tensors.TryGetValue(name, out var entry) ? entry : throw new SafetensorsException(Path, name, $"is not among the file's {Tensors.Count} tensors.");

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static void ReadExactly(string path, string? tensor, SafeFileHandle handle, long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(handle, destination, offset);
                if (read == 0)
                    throw new SafetensorsException(path, tensor, $"the file ends at byte {offset}, {destination.Length} bytes early: it was truncated after it was opened.");
                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SafetensorsException(path, tensor, $"cannot be read at byte {offset}: {e.Message}", e);
        }
    }
}
