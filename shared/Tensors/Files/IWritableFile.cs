namespace Distributed.Tensors.Files;

/// <summary>
/// Writes a file of known length in any kind of storage. The file appears under its name only when it is complete; until then, an
/// existing file of that name is unchanged.
/// </summary>
public interface IWritableFile : IDisposable
{
    /// <summary>Path or address of the file, for messages.</summary>
    string Path { get; }

    /// <summary>Writes bytes at an offset. Every byte of the file must be written once, in any order, from any thread.</summary>
    /// <exception cref="IOException">The storage is full or fails.</exception>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Completes the file: returns when the file has its name and its contents survive a power failure.</summary>
    /// <exception cref="IOException">The file cannot be completed; an existing file of that name is unchanged.</exception>
    void Complete();
}
