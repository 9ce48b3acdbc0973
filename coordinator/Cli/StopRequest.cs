namespace Distributed.Cli;

/// <summary>
/// The request that a command saves its state and stops. It is made by a signal, or by an event that makes the command pointless, such as a
/// closed output.
/// </summary>
internal sealed class StopRequest
{
    private readonly CancellationTokenSource _source = new();
    private string? _reason;

    /// <summary>Cancelled with the first request.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether the request was made.</summary>
    public bool IsRequested => _source.IsCancellationRequested;

    /// <summary>The reason of the first request; empty before.</summary>
    public string Reason => Volatile.Read(ref _reason) ?? "";

    /// <summary>Makes the request. Can be called from any thread and repeatedly; the first call counts.</summary>
    /// <param name="reason">The reason, such as <c>interrupted</c>.</param>
    public void Request(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null) _source.Cancel();
    }

    /// <summary>Makes signals call <see cref="Request"/> until the result is disposed.</summary>
    public Interrupts OnSignals() => new(() => Request("interrupted"));
}
