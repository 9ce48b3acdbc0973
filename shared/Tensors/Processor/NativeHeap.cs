using System.Runtime.InteropServices;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Settings of the C library's heap, from which libtorch allocates. By default every tensor of 32 MiB or more is mapped anew and its
/// pages are zeroed one by one, so that a copy of 32 MiB takes six times as long. Training steps reuse the same sizes, so the heap keeps
/// freed memory.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3; // M_* of malloc.h

    private static readonly Lazy<bool> Kept = new(() =>
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return mallopt(MmapThreshold, 1 << 30) == 1 && mallopt(TrimThreshold, int.MaxValue) == 1 && mallopt(TopPad, 64 << 20) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // not glibc
        }
    });

    /// <summary>Makes the heap keep freed memory, once per process. Returns whether the C library supports it.</summary>
    public static bool KeepFreedMemory() => Kept.Value;

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
