using System.IO.Compression;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Reads the text of a file, decompresses it if needed, and counts the bytes of the file that have been read. A truncated compressed file
/// is detected because programs set System.IO.Compression.UseStrictValidation (Directory.Build.props).
/// </summary>
internal sealed class SourceText : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly GZipStream? _gzip;
    private long _reported;

    public SourceText(string path)
    {
        _path = path;
        _file = SourceFile.OpenRead(path);
        _gzip = TextFileKind.IsCompressed(path) ? new GZipStream(_file, CompressionMode.Decompress) : null;
    }

    /// <summary>Whether the file is compressed.</summary>
    public bool IsCompressed => _gzip is not null;

    /// <summary>Reads the next bytes of text.</summary>
    /// <exception cref="DataException">The file is not a gzip file, or is damaged or truncated.</exception>
    public int Read(Span<byte> destination)
    {
        try
        {
            return (_gzip ?? (Stream)_file).Read(destination);
        }
        catch (InvalidDataException e)
        {
            throw new DataException(
                $"The file '{_path}' cannot be decompressed: {e.Message} Check it with 'gzip -t', or take it out of the corpus.", e);
        }
    }

    /// <summary>Bytes of the file that have been read since the last call.</summary>
    public long Advance()
    {
        var advanced = _file.Position - _reported;
        _reported = _file.Position;
        return advanced;
    }

    public void Dispose()
    {
        _gzip?.Dispose();
        _file.Dispose();
    }
}
