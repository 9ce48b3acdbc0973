using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Distributed.Benchmarks.Steps;

/// <summary>Memory allocated from the C library's heap, where libtorch allocates its tensors.</summary>
internal static partial class NativeMemoryInUse
{
    private const int Mapped = 4, InUse = 7; // hblkhd and uordblks

    /// <summary>Returns the bytes in use now.</summary>
    public static long Bytes()
    {
        var info = mallinfo2();
        return (long)(info[InUse] + info[Mapped]);
    }

    /// <summary>Returns the peak of the bytes in use while an action runs, polled by another thread.</summary>
    public static long PeakDuring(Action action)
    {
        var done = false;
        var peak = Bytes();
        var watch = new Thread(() =>
        {
            var spin = new SpinWait();
            while (!Volatile.Read(ref done))
            {
                peak = Math.Max(peak, Bytes());
                spin.SpinOnce(sleep1Threshold: -1);
            }
        });
        watch.Start();
        try
        {
            action();
        }
        finally
        {
            Volatile.Write(ref done, true);
            watch.Join();
        }

        return peak;
    }

    [LibraryImport("libc")]
    private static partial Information mallinfo2();

    // struct mallinfo2 of malloc.h: ten pointer-sized numbers.
    [InlineArray(10)]
    private struct Information
    {
        private nuint _first;
    }
}
