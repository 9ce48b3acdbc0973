using System.Runtime.InteropServices;

namespace Distributed.Worker.Processes;

/// <summary>
/// Blocks SIGHUP, SIGINT and SIGTERM for a new process until it handles them, so that a signal to a whole process group does not end it
/// before. The thread that starts the process blocks them; the new process inherits the mask and unblocks them. Linux only.
/// </summary>
public static partial class TerminationSignals
{
    private const int SignalBlock = 0, SignalUnblock = 1; // pthread_sigmask(3)
    // Bits of a signal set: signal N of signal(7) is bit N - 1.
    private const ulong HangUp = 1 << 0, Interrupt = 1 << 1, Terminate = 1 << 14;

    /// <summary>Blocks the signals for the calling thread, and for every process that it starts from now on.</summary>
    public static void Block() => Change(SignalBlock);

    /// <summary>Unblocks the signals for the calling thread, and delivers pending ones.</summary>
    public static void Unblock() => Change(SignalUnblock);

    private static void Change(int how)
    {
        if (!OperatingSystem.IsLinux()) return;
        var set = new SignalSet();
        set[0] = HangUp | Interrupt | Terminate;
        _ = pthread_sigmask(how, in set, IntPtr.Zero);
    }

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, in SignalSet set, IntPtr before);

    // 1024 bits in glibc and in musl.
    [System.Runtime.CompilerServices.InlineArray(16)]
    private struct SignalSet
    {
        private ulong _word;
    }
}
