using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Files;

/// <summary>
/// Has the disk begin with what is written so far, while more is hashed and written; the flush at the end then finds little left to do. Where
/// the system has no such call the flush does it all.
/// </summary>
internal sealed partial class EarlyWriteback(SafeFileHandle file)
{
    private const long Bytes = 32 << 20;
    private const uint StartWriting = 2; // SYNC_FILE_RANGE_WRITE
    private long _since;

    /// <summary>Hears of bytes written, from any thread.</summary>
    public void Wrote(long bytes)
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Add(ref _since, bytes) < Bytes) return;
        Interlocked.Exchange(ref _since, 0);
        _ = sync_file_range(file, 0, 0, StartWriting); // a hint: what it cannot do is left to the flush, which says so
    }

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long bytes, uint flags);
}
