using System.Runtime.InteropServices;

namespace Distributed.Cli;

/// <summary>
/// Ctrl-C and SIGTERM. The first asks politely; the second ends the process at once, whatever it is doing. <see cref="Request"/> asks for the
/// same stop without a signal.
/// </summary>
internal sealed partial class Interrupts : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<Interrupts> Listening = []; // guarded by Gate
    private static bool _requested; // guarded by Gate

    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _first;
    private int _count, _began;

    /// <param name="first">What the first interrupt does; on a thread of the runtime's.</param>
    /// <param name="signalsOnly">Whether <see cref="Request"/> does not concern it.</param>
    public Interrupts(Action first, bool signalsOnly = false)
    {
        _first = first;
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref _count) > 1) ExitAtOnce();
            Begin();
        }))];
        if (signalsOnly) return;
        lock (Gate)
        {
            Listening.Add(this);
            if (_requested) ThreadPool.QueueUserWorkItem(_ => Begin());
        }
    }

    /// <summary>Whether there was one.</summary>
    public bool Happened => Volatile.Read(ref _count) > 0;

    /// <summary>
    /// Asks for the stop that the first interrupt asks for, now and of what begins later. It counts as no interrupt: Ctrl-C reaches both ends of
    /// a pipe, and the one that ends first must not make a second interrupt of it. From any thread; returns at once.
    /// </summary>
    public static void Request()
    {
        lock (Gate)
        {
            _requested = true;
            foreach (var each in Listening.ToArray()) ThreadPool.QueueUserWorkItem(_ => each.Begin());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        lock (Gate) Listening.Remove(this);
    }

    private void Begin()
    {
        if (Interlocked.Exchange(ref _began, 1) == 0) _first();
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
        _interrupts = new Interrupts(Cancel);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupts.Dispose();
        _source.Dispose();
    }

    private void Cancel()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended meanwhile.
        }
    }
}
