using System.Runtime.InteropServices;

namespace Distributed.Worker.Processes;

/// <summary>
/// Holds back SIGHUP, SIGINT and SIGTERM from a process that is started until it handles them, so that a signal to a whole process group does not
/// end it before: the thread that starts it blocks them, which the new process inherits and takes back. Linux only.
/// </summary>
public static partial class TerminationSignals
{
    private const int Block = 0, Unblock = 1; // pthread_sigmask(3)
    private const ulong HangUp = 1 << 0, Interrupt = 1 << 1, Terminate = 1 << 14; // of a signal set: signal(7), from 1

    /// <summary>Blocks them for the calling thread, and for every process that it starts from now on.</summary>
    public static void HoldBack() => Change(Block);

    /// <summary>Delivers them to the calling thread from now on, those that have come meanwhile included.</summary>
    public static void Deliver() => Change(Unblock);

    private static void Change(int how)
    {
        if (!OperatingSystem.IsLinux()) return;
        var set = new SignalSet();
        set[0] = HangUp | Interrupt | Terminate;
        _ = pthread_sigmask(how, in set, IntPtr.Zero);
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet set, IntPtr before);

    // 1024 bits, in glibc and in musl.
    [System.Runtime.CompilerServices.InlineArray(16)]
    private struct SignalSet
    {
        private ulong _word;
    }
}
