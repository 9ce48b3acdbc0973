using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Tensors.Files;

/// <summary>
/// Starts writeback to disk while more data is hashed and written, so that the final flush has little left to do. Has no effect on
/// systems other than Linux.
/// </summary>
internal sealed partial class EarlyWriteback(SafeFileHandle file)
{
    private const long Bytes = 32 << 20;
    private const uint StartWriting = 2; // SYNC_FILE_RANGE_WRITE
    private long _since;

    /// <summary>Records that bytes were written. Thread-safe.</summary>
    public void RecordWritten(long bytes)
    {
        if (!OperatingSystem.IsLinux() || Interlocked.Add(ref _since, bytes) < Bytes) return;
        Interlocked.Exchange(ref _since, 0);
        _ = sync_file_range(file, 0, 0, StartWriting); // a hint: errors are ignored here and reported by the flush
    }

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long bytes, uint flags);
}
