namespace Distributed.Tensors.Files;

/// <summary>A file's bytes, read by range, wherever they lie. Safe for several threads.</summary>
public interface IReadableFile : IDisposable
{
    /// <summary>What it is called in messages: a path, or an address.</summary>
    string Path { get; }

    /// <summary>Bytes of the whole file, as it was opened.</summary>
    long Length { get; }

    /// <summary>Reads bytes from an offset on, at least one where the file has any there.</summary>
    /// <returns>How many; 0 at the file's end.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    int Read(Span<byte> destination, long offset);
}
