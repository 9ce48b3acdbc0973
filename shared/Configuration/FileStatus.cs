using System.Runtime.InteropServices;

namespace Distributed.Configuration;

/// <summary>What a path names, found without opening it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Length">Bytes of a regular file; otherwise 0.</param>
/// <param name="Identity">The same for two paths of one file or directory, and only for those: device and inode.</param>
public readonly partial record struct FileStatus(FileKind Kind, long Length, (ulong Device, ulong Inode) Identity)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int NoEntry = 2, NoDirectory = 20, TooManyLinks = 40; // ENOENT, ENOTDIR, ELOOP

    /// <summary>Looks at a path; never waits for another process.</summary>
    /// <param name="path">Relative to the current directory, or absolute.</param>
    public static FileStatus Of(string path)
    {
        if (!OperatingSystem.IsLinux() || path.Length == 0 || path.Contains('\0'))
        {
            return Managed(path);
        }

        if (statx(CurrentFolder, path, 0, BasicStats, out var found) != 0)
        {
            var isMissing = Marshal.GetLastPInvokeError() is NoEntry or NoDirectory or TooManyLinks;
            return new(isMissing ? FileKind.Missing : FileKind.Regular, 0, default);
        }

        var kind = KindOf(found.Mode);
        var device = ((ulong)found.DeviceMajor << 32) | found.DeviceMinor;
        return new(kind, kind == FileKind.Regular ? (long)found.Size : 0, (device, found.Inode));
    }

    /// <summary>Refuses what is neither a regular file nor missing nor a directory: reading it may wait without end, or not end.</summary>
    /// <exception cref="IOException">A pipe, a socket or a device; the message names it.</exception>
    public static void RefuseSpecial(string path)
    {
        if (Of(path).Special is { } special) throw new IOException($"'{path}' is {special}. Name a regular file.");
    }

    /// <summary>In words what a pipe, a socket or a device is; null for all else.</summary>
    public string? Special => Kind switch
    {
        FileKind.Pipe => "a pipe",
        FileKind.Socket => "a socket",
        FileKind.Device => "a device",
        _ => null,
    };

    // Elsewhere than on Linux every path is a file of its own.
    private static FileStatus Managed(string path)
    {
        var isFile = File.Exists(path);
        var kind = isFile ? FileKind.Regular : Directory.Exists(path) ? FileKind.Directory : FileKind.Missing;
        return new(kind, isFile ? new FileInfo(path).Length : 0, (0, (ulong)StringComparer.Ordinal.GetHashCode(path)));
    }

    // S_IFMT and its values (inode(7)).
    private static FileKind KindOf(ushort mode) => (mode & 0xF000) switch
    {
        0x1000 => FileKind.Pipe,
        0x2000 or 0x6000 => FileKind.Device,
        0x4000 => FileKind.Directory,
        0xC000 => FileKind.Socket,
        _ => FileKind.Regular,
    };

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, out Statx found);

    /// <summary>struct statx (statx(2)), which is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
