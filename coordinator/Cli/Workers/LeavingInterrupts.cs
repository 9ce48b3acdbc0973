using System.Runtime.InteropServices;

namespace Distributed.Cli.Workers;

/// <summary>SIGTERM, and Ctrl-C unless it is another process's business: the first leaves, the second ends the process at once.</summary>
internal sealed class LeavingInterrupts : IDisposable
{
    private readonly CancellationTokenSource _leave = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;
    private int _count;

    public LeavingInterrupts(bool ignoreInterrupt)
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            if (!ignoreInterrupt) Leave();
        });
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Leave();
        });
    }

    /// <summary>Cancelled when the worker is to leave.</summary>
    public CancellationToken Token => _leave.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _leave.Dispose();
    }

    private void Leave()
    {
        if (Interlocked.Increment(ref _count) > 1) Interrupts.ExitAtOnce();
        _leave.Cancel();
    }
}
