namespace Distributed.Tensors.Files;

/// <summary>
/// A file of known length on its way, wherever it comes to lie. It appears under its name when it is complete and not before; until then
/// a file that had the name stays as it was.
/// </summary>
public interface IWritableFile : IDisposable
{
    /// <summary>What it is called in messages: a path, or an address.</summary>
    string Path { get; }

    /// <summary>Writes bytes at an offset; every byte of the file once, in any order, from any thread.</summary>
    /// <exception cref="IOException">There is no room, or the store fails.</exception>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when the file is under its name and survives a power cut.</summary>
    /// <exception cref="IOException">It could not be; nothing has changed.</exception>
    void Complete();
}
