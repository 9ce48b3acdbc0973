using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Distributed.Cli;

/// <summary>
/// Handles Ctrl-C (SIGINT), SIGTERM and SIGHUP. The first signal is a request to stop; a second SIGINT or SIGTERM ends the process
/// immediately. A second SIGHUP does not, because a terminal that closes sends it more than once. SIGHUP stays ignored if the process was
/// started with it ignored, as by <c>nohup</c>.
/// </summary>
internal sealed partial class Interrupts : IDisposable
{
    // `timeout` and `dotnet run` forward SIGTERM to a process that also receives it as a member of the process group.
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(300);

    private static readonly PosixSignal[] Signals =
        IsHangUpIgnored ? [PosixSignal.SIGINT, PosixSignal.SIGTERM] : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    private static PosixSignalRegistration[] _unhandled = []; // referenced, or it would be collected
    private static int _active;

    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _gate = new();
    private readonly Action _first;
    private readonly bool _endsAtOnce;
    private long _asked; // timestamp of the first signal; 0 if none was received

    /// <summary>Starts handling signals.</summary>
    /// <param name="first">Runs at the first signal, on a thread of the runtime.</param>
    /// <param name="endsAtOnce">Whether a second signal ends the process; otherwise it is ignored.</param>
    public Interrupts(Action first, bool endsAtOnce = true)
    {
        (_first, _endsAtOnce) = (first, endsAtOnce);
        _registrations = Register(Handle);
        Interlocked.Increment(ref _active);
    }

    /// <summary>
    /// Ends the process on every signal that no instance handles, such as signals before a command registers its handler.
    /// </summary>
    public static void EndUnhandled() => _unhandled = Register(_ =>
    {
        if (Volatile.Read(ref _active) == 0) ExitImmediately();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Decrement(ref _active);
        foreach (var registration in _registrations) registration.Dispose();
    }

    /// <summary>Ends the process without clean-up.</summary>
    // On Unix, Environment.Exit would run the clean-up of libtorch while workers still compute, which crashes.
    public static void ExitImmediately()
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(ExitStatus.Interrupted);
        QuickExit(ExitStatus.Interrupted);
    }

    /// <summary>Creates a token that the first signal cancels.</summary>
    public static InterruptToken Linked(CancellationToken outer) => new(outer);

    private static PosixSignalRegistration[] Register(Action<PosixSignal> handle)
    {
        return [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, Handle))];

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            handle(context.Signal);
        }
    }

    private void Handle(PosixSignal signal)
    {
        lock (_gate)
        {
            if (_asked != 0)
            {
                if (_endsAtOnce && IsSecondSignal(signal)) ExitImmediately();
                return;
            }

            _asked = Stopwatch.GetTimestamp();
        }

        _first();
    }

    private bool IsSecondSignal(PosixSignal signal) =>
        signal == PosixSignal.SIGINT || (signal == PosixSignal.SIGTERM && Stopwatch.GetElapsedTime(_asked) > Echo);

    // Reads the kernel's mask of ignored signals, see proc(5). On other systems the runtime leaves ignored signals alone.
    private static bool IsHangUpIgnored
    {
        get
        {
            const int HangUp = 1; // signal(7)
            const string Key = "SigIgn:";
            if (!OperatingSystem.IsLinux()) return false;
            var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
            if (line is null) return false;
            var mask = ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return (mask & (1UL << (HangUp - 1))) != 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void QuickExit(int status);
}

/// <summary>A cancellation token that a signal cancels.</summary>
internal sealed class InterruptToken : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly Interrupts _interrupts;

    public InterruptToken(CancellationToken outer)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _interrupts = new Interrupts(_source.Cancel);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupts.Dispose();
        _source.Dispose();
    }
}
