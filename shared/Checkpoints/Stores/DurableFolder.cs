using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Distributed.Checkpoints.Stores;

/// <summary>
/// POSIX calls that .NET does not offer: flushing a folder, so that its names survive a power failure, and exchanging two folders
/// atomically. On Windows the file system journals names itself, and there is no exchange.
/// </summary>
internal static partial class DurableFolder
{
    private const int NoSuchCall = 38;       // ENOSYS
    private const int InvalidArgument = 22;  // EINVAL: the file system does not support the call
    private const int CurrentFolder = -100;  // AT_FDCWD
    private const uint ExchangeNames = 2;    // RENAME_EXCHANGE

    /// <summary>
    /// Returns when every name created, renamed or removed in the folder so far is on the disk. Does nothing on file systems that cannot
    /// flush a folder.
    /// </summary>
    /// <exception cref="IOException">The folder no longer exists, or the disk failed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(folder, 0);
        if (descriptor < 0) throw Failure("opened", folder);
        try
        {
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument) throw Failure("flushed", folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>
    /// Exchanges the names of two existing folders atomically. Returns false and changes nothing if the system or the file system does not
    /// support it.
    /// </summary>
    /// <exception cref="IOException">The exchange failed for another reason.</exception>
    public static bool TryExchange(string first, string second)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            if (renameat2(CurrentFolder, first, CurrentFolder, second, ExchangeNames) == 0) return true;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // the C library does not have the call
        }

        return Marshal.GetLastPInvokeError() is NoSuchCall or InvalidArgument ? false : throw Failure("exchanged", first);
    }

    private static IOException Failure(string attempt, string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"The folder '{folder}' could not be {attempt}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
