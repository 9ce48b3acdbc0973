using System.Buffers.Binary;
using Distributed.Tensors.Files;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// Reads a safetensors file: an 8-byte little-endian header length, a JSON header, and the data. <c>Open</c> validates the whole
/// header. Data is read on request, directly into its destination, and is not cached. Thread-safe.
/// </summary>
public sealed partial class SafetensorsFile : IDisposable
{
    private readonly IReadableFile _file;

    /// <summary>Path of the file, as passed to <c>Open</c>.</summary>
    public string Path => _file.Path;

    /// <summary>Length of the file in bytes.</summary>
    public long Length => _file.Length;

    /// <summary>The tensors by name, enumerated in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The strings of <c>__metadata__</c>; empty if the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    private SafetensorsFile(IReadableFile file, OrderedDictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata)
    {
        _file = file;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>Opens a file on disk and validates its header against the format and the file's length.</summary>
    /// <exception cref="SafetensorsException">
    /// The file does not exist, cannot be read, or is shorter or longer than its header states; or the header is malformed: invalid JSON,
    /// a duplicate tensor, an unknown dtype, a byte range that does not match its shape, overlaps or gaps.
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

    /// <summary>Opens a file in any kind of storage and validates its header. The returned object disposes the file.</summary>
    /// <exception cref="SafetensorsException">The file cannot be read, or its header is malformed or does not match its length.</exception>
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

    /// <summary>Creates the exception for a file that cannot be opened.</summary>
    public static SafetensorsException CannotOpen(string path, IOException cause) =>
        new(path, null, $"cannot be opened: {cause.Message}", cause);

    private static SafetensorsFile ReadHeader(IReadableFile file)
    {
        var (path, length) = (file.Path, file.Length);
        if (length < SafetensorsHeader.PrefixBytes)
        {
            throw new SafetensorsException(
                path, null,
                $"the file has {length} byte{(length == 1 ? "" : "s")}; a safetensors file begins with an 8-byte header length.");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        ReadExactly(file, null, 0, prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxBytes)
        {
            throw new SafetensorsException(
                path, null, $"the header length is {headerLength} byte{(headerLength == 1 ? "" : "s")}, the format allows "
                + $"{SafetensorsHeader.MaxBytes}; this is not a safetensors file, or its first bytes are damaged.");
        }

        if ((long)headerLength > length - SafetensorsHeader.PrefixBytes)
        {
            throw new SafetensorsException(
                path, null, $"the header length is {headerLength} byte{(headerLength == 1 ? "" : "s")} but only "
                + $"{length - SafetensorsHeader.PrefixBytes} follow: the file is truncated, or its first bytes are damaged.");
        }

        var json = new byte[headerLength];
        ReadExactly(file, null, SafetensorsHeader.PrefixBytes, json);
        var header = SafetensorsHeader.Parse(path, json);
        var tensors = SafetensorsLayout.Check(path, header.Entries, SafetensorsHeader.PrefixBytes + (long)headerLength, length);
        return new SafetensorsFile(file, tensors, header.Metadata);
    }

    /// <summary>Returns the entry of a tensor.</summary>
    /// <exception cref="SafetensorsException">The file has no tensor of that name.</exception>
    public TensorEntry Find(string name) =>
        Tensors.TryGetValue(name, out var entry)
            ? entry
            : throw new SafetensorsException(Path, name, $"is not among the file's {Tensors.Count} tensors.");

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
                {
                    throw new SafetensorsException(
                        file.Path, tensor,
                        $"the file ends at byte {offset}, {destination.Length} bytes early: it was truncated after it was opened.");
                }

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
