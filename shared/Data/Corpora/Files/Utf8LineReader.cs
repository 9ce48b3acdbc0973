using System.Text.Unicode;

namespace Distributed.Data.Corpora.Files;

/// <summary>
/// Reads a file line by line as validated UTF-8 bytes, decompressed if its name ends with .gz. A line keeps its terminator (\n or \r\n), so
/// that the lines together are the file; a byte order mark at the start is left out. A line longer than <see cref="MaximumLine"/> bytes is
/// returned in several pieces, cut between characters.
/// </summary>
internal sealed class Utf8LineReader : IDisposable
{
    /// <summary>Largest size of a piece, and so of the buffer, in bytes.</summary>
    public const int MaximumLine = 64 << 20;

    private const int FirstBuffer = 64 << 10;

    private readonly string _path;
    private readonly SourceText _text;
    private readonly Action<long>? _bytesRead;
    private readonly int _maximumLine;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _offset;
    private bool _first = true;

    public Utf8LineReader(string path, Action<long>? bytesRead, int maximumLine = MaximumLine)
    {
        _path = path;
        _text = new SourceText(path);
        _bytesRead = bytesRead;
        _maximumLine = maximumLine;
        _buffer = new byte[Math.Min(FirstBuffer, maximumLine)];
    }

    /// <summary>Number of the last line read, from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Whether the last piece read ends its line.</summary>
    public bool LineEnded { get; private set; } = true;

    /// <summary>Reads the next line or piece, which is valid until the next call. Returns false at the end of the file.</summary>
    /// <exception cref="DataException">The file is not UTF-8; the message has the offset of the byte.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        var length = FindLine();
        if (length == 0)
        {
            line = default;
            return false;
        }

        LineNumber += LineEnded ? 1 : 0;
        LineEnded = length < _maximumLine || _buffer[_start + length - 1] == (byte)'\n';
        if (!LineEnded)
        {
            length = CutBetweenCharacters(length);
        }

        line = _buffer.AsMemory(_start, length);
        Check(line.Span);
        _start += length;
        _offset += length;
        if (_first)
        {
            _first = false;
            line = line.Span.StartsWith("\uFEFF"u8) ? line[3..] : line;
        }

        return true;
    }

    public void Dispose() => _text.Dispose();

    private int FindLine()
    {
        for (var searched = 0; ;)
        {
            var newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                return searched + newline + 1;
            }

            searched = _end - _start;
            if (searched >= _maximumLine || !Fill())
            {
                return searched;
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, _maximumLine));
        }

        var read = _text.Read(_buffer.AsSpan(_end));
        _end += read;
        _bytesRead?.Invoke(_text.Advance());
        return read > 0;
    }

    private int CutBetweenCharacters(int length)
    {
        // A continuation byte is 10xxxxxx, and a character has at most three of them.
        var cut = length - 1;
        while (cut > length - 4 && (_buffer[_start + cut] & 0xC0) == 0x80)
        {
            cut--;
        }

        return cut;
    }

    private void Check(ReadOnlySpan<byte> line)
    {
        if (Utf8.IsValid(line))
        {
            return;
        }

        var valid = ValidPrefix(line);
        var at = _offset + valid;
        var hint = line.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || line.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            ? $"it looks like UTF-16: convert it with 'iconv -f UTF-16 -t UTF-8 {_path}'"
            : $"convert it, for instance with 'iconv -f WINDOWS-1252 -t UTF-8 {_path}', or take it out of the corpus";
        throw new DataException(
            $"The file '{_path}' is not UTF-8: "
                + $"byte 0x{line[valid]:X2} at offset {at} (line {LineNumber}) does not begin or continue a character; {hint}.");
    }

    private static int ValidPrefix(ReadOnlySpan<byte> bytes)
    {
        Span<char> scratch = stackalloc char[1024];
        var valid = 0;
        while (true)
        {
            var status = Utf8.ToUtf16(bytes[valid..], scratch, out var read, out _, replaceInvalidSequences: false);
            valid += read;
            if (status != System.Buffers.OperationStatus.DestinationTooSmall)
            {
                return valid;
            }
        }
    }
}
