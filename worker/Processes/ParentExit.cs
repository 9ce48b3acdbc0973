using System.Runtime.InteropServices;

namespace Distributed.Worker.Processes;

/// <summary>Ends this process when its parent ends, also if the parent is killed or this process is stopped. Linux only.</summary>
public static partial class ParentExit
{
    private const int SetDeathSignal = 1, Kill = 9; // prctl(2), signal(7)

    /// <summary>Requests the system to kill this process when its parent ends.</summary>
    /// <param name="parent">Id of the process that started this one.</param>
    /// <returns>False if the parent has already ended, so that no signal will come.</returns>
    public static bool KillThisProcessWithParent(int parent)
    {
        if (!OperatingSystem.IsLinux()) return true; // the worker detects the broken stream
        _ = prctl(SetDeathSignal, Kill, 0, 0, 0);
        return getppid() == parent;
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc")]
    private static partial int getppid();
}
