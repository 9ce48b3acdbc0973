using System.Runtime.InteropServices;

namespace Distributed.Protocol.Limits;

/// <summary>Resource limits of this process, from getrlimit(2). Null means no limit, or a system without that call.</summary>
public static partial class ResourceLimits
{
    private const int ProcessesNumber = 6, OpenFilesNumber = 7, AddressSpaceNumber = 9; // RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_AS on Linux

    /// <summary>Largest number of open files, sockets and pipes. At start, .NET raises this limit to the hard limit.</summary>
    public static long? OpenFiles => Read(OpenFilesNumber);

    /// <summary>Largest number of processes and threads of this user.</summary>
    public static long? Processes => Read(ProcessesNumber);

    /// <summary>Largest size of the address space in bytes.</summary>
    public static long? AddressSpace => Read(AddressSpaceNumber);

    private static long? Read(int resource) =>
        OperatingSystem.IsLinux() && getrlimit(resource, out var limit) == 0 && limit.Soft <= long.MaxValue ? (long)limit.Soft : null;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft, Hard;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);
}
