using System.Runtime.InteropServices;

namespace Distributed.Protocol.Limits;

/// <summary>What the system lets this process have: getrlimit(2). Null means without a limit, or that the system has no such call.</summary>
public static partial class ResourceLimits
{
    private const int ProcessesNumber = 6, OpenFilesNumber = 7, AddressSpaceNumber = 9; // RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_AS on Linux

    /// <summary>Files, sockets and pipes open at a time. At its start .NET raises the limit as far as it may.</summary>
    public static long? OpenFiles => Read(OpenFilesNumber);

    /// <summary>Processes and threads of this user.</summary>
    public static long? Processes => Read(ProcessesNumber);

    /// <summary>Bytes of address space.</summary>
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
