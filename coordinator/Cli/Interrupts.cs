using System.Runtime.InteropServices;

namespace Distributed.Cli;

/// <summary>
/// Ctrl-C and SIGTERM. The first asks politely; the second ends the process at once, whatever it is doing.
/// </summary>
internal sealed partial class Interrupts : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    /// <param name="first">What the first interrupt does; on a thread of the runtime's.</param>
    public Interrupts(Action first)
    {
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref _count) > 1) ExitAtOnce();
            first();
        }))];
    }

    /// <summary>Whether there was one.</summary>
    public bool Happened => Volatile.Read(ref _count) > 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    /// <summary>Ends the process without asking anybody.</summary>
    // Not Environment.Exit on Unix: it runs libtorch's own clean-up while workers still compute, which crashes.
    public static void ExitAtOnce()
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(ExitStatus.Interrupted);
        QuickExit(ExitStatus.Interrupted);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void QuickExit(int status);

    /// <summary>A token that the first interrupt cancels.</summary>
    public static InterruptToken Linked(CancellationToken outer) => new(outer);
}

/// <summary>A cancellation token that an interrupt cancels.</summary>
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
