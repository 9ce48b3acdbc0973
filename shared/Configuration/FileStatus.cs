using System.Runtime.InteropServices;

namespace Distributed.Configuration;

/// <summary>The status of a path, read without opening the file.</summary>
/// <param name="Kind">The kind of file.</param>
/// <param name="Length">Length of a regular file in bytes; otherwise 0.</param>
/// <param name="Identity">Device and inode: equal if and only if two paths name the same file or directory.</param>
public readonly partial record struct FileStatus(FileKind Kind, long Length, (ulong Device, ulong Inode) Identity)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int NoEntry = 2, NoDirectory = 20, TooManyLinks = 40; // ENOENT, ENOTDIR, ELOOP

    /// <summary>Reads the status of a path; never waits for another process.</summary>
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

    /// <summary>Refuses pipes, sockets and devices: reading them may block, or may never end.</summary>
    /// <exception cref="IOException">The path names a pipe, a socket or a device.</exception>
    public static void RefuseSpecial(string path)
    {
        if (Of(path).Special is { } special) throw new IOException($"'{path}' is {special}. Name a regular file.");
    }

    /// <summary>The name of the kind for a pipe, a socket or a device, for messages; null for every other kind.</summary>
    public string? Special => Kind switch
    {
        FileKind.Pipe => "a pipe",
        FileKind.Socket => "a socket",
        FileKind.Device => "a device",
        _ => null,
    };

    // On other systems than Linux, every path counts as a separate file.
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
