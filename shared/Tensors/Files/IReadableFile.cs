namespace Distributed.Tensors.Files;

/// <summary>Reads byte ranges of a file in any kind of storage. Thread-safe.</summary>
public interface IReadableFile : IDisposable
{
    /// <summary>Path or address of the file, for messages.</summary>
    string Path { get; }

    /// <summary>Length in bytes at the time of opening.</summary>
    long Length { get; }

    /// <summary>Reads bytes from an offset: at least one, unless the offset is at or past the end of the file.</summary>
    /// <returns>Number of bytes read; 0 at the end of the file.</returns>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    int Read(Span<byte> destination, long offset);
}
