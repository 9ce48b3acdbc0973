using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Benchmarks.Checkpoints;

/// <summary>The reference of the checkpoint benchmark: one file of the same size, written and flushed, or read, sequentially.</summary>
internal sealed unsafe class PlainFile(string path, long bytes) : IDisposable
{
    private const int Piece = 16 << 20;
    private readonly byte[] _buffer = new byte[Piece];
    private readonly byte* _memory = (byte*)NativeMemory.Alloc((nuint)bytes);

    /// <summary>Writes the file and flushes it to the disk. Returns seconds.</summary>
    public double Write()
    {
        new Random(1).NextBytes(_buffer);
        File.Delete(path); // so that the memory of the page cache is reused: new memory can be many times slower
        var start = Stopwatch.GetTimestamp();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, bytes))
        {
            Each((at, count) => RandomAccess.Write(file, _buffer.AsSpan(0, count), at));
            RandomAccess.FlushToDisk(file);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Reads the file into memory of the same size. Returns seconds.</summary>
    public double Read()
    {
        var start = Stopwatch.GetTimestamp();
        using (var file = File.OpenHandle(path)) Each((at, count) => ReadExactly(file, new Span<byte>(_memory + at, count), at));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        File.Delete(path);
    }

    private void Each(Action<long, int> piece)
    {
        for (var at = 0L; at < bytes; at += Piece) piece(at, (int)Math.Min(Piece, bytes - at));
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> destination, long at)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, at);
            if (read == 0) throw new EndOfStreamException($"The file ended at byte {at}.");
            destination = destination[read..];
            at += read;
        }
    }
}
