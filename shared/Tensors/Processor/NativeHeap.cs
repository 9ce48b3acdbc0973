using System.Runtime.InteropServices;
using TorchSharp;

namespace Distributed.Tensors.Processor;

/// <summary>
/// Settings of the C library's heap, where libtorch takes its memory. By default every tensor of 32 MiB and more is
/// mapped anew and its pages are zeroed one by one: a copy of 32 MiB then takes six times as long. A training step
/// needs the same memory again and again, so freed memory is kept.
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

    /// <summary>Keeps freed memory for the next allocation, once per process. Whether the C library could be told so.</summary>
    public static bool KeepFreedMemory() => Kept.Value;

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
