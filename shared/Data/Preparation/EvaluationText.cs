using System.IO.Compression;
using System.Text;

namespace Distributed.Data.Preparation;

/// <summary>Writes the held-out text to a file, and measures its size after compression by gzip.</summary>
internal sealed class EvaluationText : IDisposable
{
    private readonly FileStream _file;
    private readonly CountingStream _compressed = new();
    private readonly GZipStream _gzip;

    public EvaluationText(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        _gzip = new GZipStream(_compressed, CompressionLevel.SmallestSize, leaveOpen: true);
    }

    public long Bytes { get; private set; }

    public void Append(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        _file.Write(bytes);
        _gzip.Write(bytes);
        Bytes += bytes.Length;
    }

    /// <summary>Completes the file.</summary>
    /// <returns>Size of the compressed text in bytes; 0 for no text.</returns>
    public long Complete()
    {
        _file.Flush(flushToDisk: true);
        _gzip.Dispose();
        return Bytes > 0 ? _compressed.Position : 0;
    }

    public void Dispose()
    {
        _gzip.Dispose();
        _file.Dispose();
    }

    /// <summary>Counts the written bytes and discards them.</summary>
    private sealed class CountingStream : Stream
    {
        private long _written;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _written;

        public override long Position
        {
            get => _written;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => _written += count;

        public override void Write(ReadOnlySpan<byte> buffer) => _written += buffer.Length;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
