namespace Distributed.Cli;

/// <summary>
/// The request that a command saves what it has and stops. A signal makes it, and so does anything else after which the command has no purpose, such
/// as an output that is closed.
/// </summary>
internal sealed class StopRequest
{
    private readonly CancellationTokenSource _source = new();
    private string? _reason;

    /// <summary>Cancelled with the first request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was made.</summary>
    public bool IsRequested => _source.IsCancellationRequested;

    /// <summary>The first request's reason, for the outcome; empty before.</summary>
    public string Reason => Volatile.Read(ref _reason) ?? "";

    /// <summary>Makes it; from any thread, any number of times: the first one counts.</summary>
    /// <param name="reason">Such as <c>interrupted</c>.</param>
    public void Request(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null) _source.Cancel();
    }

    /// <summary>Signals make it until the result is disposed.</summary>
    public Interrupts OnSignals() => new(() => Request("interrupted"));
}
