using System.Runtime.InteropServices;

namespace Distributed.Worker.Processes;

/// <summary>Ends this process when the one that started it ends, even where that is killed and even where this one is stopped. Linux only.</summary>
public static partial class ParentDeath
{
    private const int SetDeathSignal = 1, Kill = 9; // prctl(2), signal(7)

    /// <summary>Asks for it.</summary>
    /// <param name="parent">The process that started this one.</param>
    /// <returns>False where that has ended already: then nobody will tell.</returns>
    public static bool EndsThisProcess(int parent)
    {
        if (!OperatingSystem.IsLinux()) return true; // the broken stream tells
        _ = prctl(SetDeathSignal, Kill, 0, 0, 0);
        return getppid() == parent;
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc")]
    private static partial int getppid();
}
