using System.Buffers.Binary;
using Distributed.Tensors.Files;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// A safetensors file, open for reading: an 8-byte little-endian header length, a JSON header, and the data.
/// The whole header is checked on opening; the data is read where it is asked for, straight into its
/// destination, and nothing else of it is ever in memory. Safe for use from several threads.
/// </summary>
public sealed partial class SafetensorsFile : IDisposable
{
    private readonly IReadableFile _file;

    /// <summary>The path as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>Bytes of the whole file.</summary>
    public long Length => _file.Length;

    /// <summary>The tensors by name, enumerated in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The free-form strings of <c>__metadata__</c>; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    private SafetensorsFile(IReadableFile file, OrderedDictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata)
    {
        _file = file;
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
        DiskReader file;
        try
        {
            file = new DiskReader(path);
        }
        catch (IOException e)
        {
            throw CannotOpen(path, e);
        }

        return Open(file);
    }

    /// <summary>As the other form, of a file wherever it lies; it is closed with this.</summary>
    /// <exception cref="SafetensorsException">As in the other form.</exception>
    public static SafetensorsFile Open(IReadableFile file)
    {
        try
        {
            return ReadHeader(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A file that could not be opened, in the words of this format.</summary>
    public static SafetensorsException CannotOpen(string path, IOException cause) => new(path, null, $"cannot be opened: {cause.Message}", cause);

    private static SafetensorsFile ReadHeader(IReadableFile file)
    {
        var (path, length) = (file.Path, file.Length);
        if (length < SafetensorsHeader.PrefixBytes)
            throw new SafetensorsException(path, null, $"the file has {length} byte{(length == 1 ? "" : "s")}; a safetensors file begins with an 8-byte header length.");

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        ReadExactly(file, null, 0, prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.LongestBytes)
            throw new SafetensorsException(path, null, $"the header claims {headerLength} byte{(headerLength == 1 ? "" : "s")}, the format allows {SafetensorsHeader.LongestBytes}; this is no safetensors file, or its first bytes are damaged.");
        if ((long)headerLength > length - SafetensorsHeader.PrefixBytes)
            throw new SafetensorsException(path, null, $"the header claims {headerLength} byte{(headerLength == 1 ? "" : "s")} but only {length - SafetensorsHeader.PrefixBytes} follow: the file is truncated, or its first bytes are damaged.");

        var json = new byte[headerLength];
        ReadExactly(file, null, SafetensorsHeader.PrefixBytes, json);
        var header = SafetensorsHeader.Parse(path, json);
        var tensors = SafetensorsLayout.Check(path, header.Entries, SafetensorsHeader.PrefixBytes + (long)headerLength, length);
        return new SafetensorsFile(file, tensors, header.Metadata);
    }

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="SafetensorsException">The file has no tensor of that name.</exception>
    public TensorEntry Find(string name) =>
        Tensors.TryGetValue(name, out var entry) ? entry : throw new SafetensorsException(Path, name, $"is not among the file's {Tensors.Count} tensors.");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void ReadExactly(IReadableFile file, string? tensor, long offset, Span<byte> destination)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var read = file.Read(destination, offset);
                if (read == 0)
                    throw new SafetensorsException(file.Path, tensor, $"the file ends at byte {offset}, {destination.Length} bytes early: it was truncated after it was opened.");
                destination = destination[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new SafetensorsException(file.Path, tensor, $"cannot be read at byte {offset}: {e.Message}", e);
        }
    }
}
