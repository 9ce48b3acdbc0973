using System.Runtime.InteropServices;

namespace Distributed.Cli.Output;

/// <summary>
/// Standard output or standard error of this process. A write never throws, so that a command does not fail because its output is lost.
/// <list type="number">
/// <item>The disk is full, or the caller has closed the descriptor (<c>&gt;&amp;-</c>): the rest of the line is dropped and
/// <see cref="Failed"/> is raised once. The next line is tried again, so that the file holds whole lines once the disk has space.</item>
/// <item>The reader has closed the pipe: <see cref="Closed"/> is raised once, and all further output is dropped.</item>
/// </list>
/// </summary>
internal sealed partial class StandardStream : Stream
{
    private const int EINTR = 4, EBADF = 9, EAGAIN = 11, EPIPE = 32; // errno(3)
    private const int GetDescriptorFlags = 1, CloseOnExec = 1; // fcntl(2)
    private const short Writable = 4; // poll(2)

    private readonly int _descriptor;
    private readonly bool _inherited;
    private bool _hasReader = true, _failed;
    private bool _dropping; // until the end of the line
    private bool _isInLine; // the last byte written does not end a line
    private bool _torn; // the end of the last line in the file was dropped

    /// <summary>Creates a stream over a file descriptor.</summary>
    /// <param name="descriptor">1, 2 or another descriptor that is open for writing.</param>
    public StandardStream(int descriptor)
    {
        _descriptor = descriptor;
        // Inherited descriptors have no close-on-exec flag.
        // A descriptor with the flag was opened by the runtime after the caller had closed the inherited one.
        _inherited = fcntl(descriptor, GetDescriptorFlags) is >= 0 and var flags && (flags & CloseOnExec) == 0;
    }

    /// <summary>Called with the system's description of the first failure.</summary>
    public Action<string>? Failed { get; set; }

    /// <summary>Called when the reader has closed the pipe.</summary>
    public Action? Closed { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_hasReader) return;
        if (_dropping)
        {
            var end = buffer.IndexOf((byte)'\n');
            _dropping = end < 0;
            buffer = buffer[(end + 1)..];
            if (_dropping) return;
        }

        if (buffer.Length == 0 || (_torn && !TryWrite("\n"u8))) return;
        _torn = false;
        if (TryWrite(buffer)) return;
        _torn = _isInLine;
        _dropping = buffer[^1] != '\n';
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // the stream has no buffer
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var written = _inherited ? write(_descriptor, bytes, (nuint)bytes.Length) : -1;
            var error = _inherited ? Marshal.GetLastPInvokeError() : EBADF;
            if (written > 0)
            {
                _isInLine = bytes[(int)written - 1] != '\n';
                bytes = bytes[(int)written..];
            }
            else if (error == EAGAIN)
            {
                var ready = new PollRequest { Descriptor = _descriptor, Events = Writable };
                _ = poll(ref ready, 1, -1);
            }
            else if (error != EINTR)
            {
                Fail(error);
                return false;
            }
        }

        return true;
    }

    private void Fail(int error)
    {
        if (error == EPIPE)
        {
            _hasReader = false;
            Closed?.Invoke();
        }
        else if (!_failed)
        {
            _failed = true;
            Failed?.Invoke(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events, Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int poll(ref PollRequest requests, nuint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command);
}
