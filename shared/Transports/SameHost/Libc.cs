using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Distributed.Transports.SameHost;

/// <summary>Linux calls for memory and waits that processes share, which .NET does not offer.</summary>
internal static unsafe partial class Libc
{
    private const int CloseOnExec = 1, ReadWrite = 3, Shared = 1; // memfd_create(2), mmap(2)
    private const int SetLock = 37, GetLock = 36; // fcntl(2): F_OFD_SETLK, F_OFD_GETLK
    private const short WriteLock = 1, Unlocked = 2;
    private const int FutexWait = 0, FutexWake = 1;
    private const int OpenReadWrite = 2, OpenCloseOnExec = 0x80000;

    private static readonly nint FutexCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    /// <summary>Whether this machine supports all of the calls.</summary>
    public static bool IsAvailable =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>
    /// Creates memory without a name, which lasts while a process has it open or mapped. It is zeroed, and pages are allocated when they
    /// are first accessed.
    /// </summary>
    /// <returns>The file descriptor.</returns>
    public static int CreateMemory(string label, long bytes)
    {
        var file = Checked(memfd_create(label, CloseOnExec), "memfd_create");
        if (ftruncate(file, bytes) != 0)
        {
            var error = LastError($"ftruncate to {bytes} bytes");
            _ = close(file);
            throw error;
        }

        return file;
    }

    public static int Open(string path) => Checked(open(path, OpenReadWrite | OpenCloseOnExec), $"open {path}");

    public static void Close(int file) => _ = close(file);

    public static byte* Map(int file, long bytes)
    {
        var memory = mmap(null, (nuint)bytes, ReadWrite, Shared, file, 0);
        return memory == (void*)-1 ? throw LastError($"mmap of {bytes} bytes") : (byte*)memory;
    }

    public static void Unmap(byte* memory, long bytes) => _ = munmap(memory, (nuint)bytes);

    /// <summary>
    /// Locks one byte. The kernel releases the lock when the last owner of the descriptor ends, however it ends. Returns false if another
    /// process has the lock.
    /// </summary>
    public static bool TryLock(int file, long at)
    {
        var wanted = new FileLock { Type = WriteLock, Start = at, Length = 1 };
        return fcntl(file, SetLock, &wanted) == 0;
    }

    /// <summary>Returns whether another process has the lock on one byte.</summary>
    public static bool IsLocked(int file, long at)
    {
        var query = new FileLock { Type = WriteLock, Start = at, Length = 1 };
        return fcntl(file, GetLock, &query) == 0 ? query.Type != Unlocked : throw LastError("fcntl");
    }

    /// <summary>
    /// Sleeps until the word is woken, at most a given time. Returns at once if the word is no longer <paramref name="seen"/>.
    /// </summary>
    public static void Wait(int* word, int seen, TimeSpan atMost)
    {
        var time = new Timespec { Seconds = (long)atMost.TotalSeconds, Nanoseconds = atMost.Ticks % TimeSpan.TicksPerSecond * 100 };
        _ = syscall(FutexCall, word, FutexWait, seen, &time);
    }

    /// <summary>Wakes all threads that wait for the word, in any process.</summary>
    public static void Wake(int* word) => _ = syscall(FutexCall, word, FutexWake, int.MaxValue, null);

    private static int Checked(int result, string call) => result >= 0 ? result : throw LastError(call);

    private static Win32Exception LastError(string call)
    {
        var number = Marshal.GetLastPInvokeError();
        return new Win32Exception(number, $"{call}: {Marshal.GetPInvokeErrorMessage(number)}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock // struct flock with 64-bit offsets
    {
        public short Type, Whence;
        public long Start, Length;
        public int Process;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds, Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int file, long bytes);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* at, nuint bytes, int protection, int flags, int file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* memory, nuint bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int file, int command, FileLock* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(nint number, int* word, int operation, int value, Timespec* time);
}
