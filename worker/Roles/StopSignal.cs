namespace Distributed.Worker.Roles;

/// <summary>
/// Tells a role to end, from another thread. There are two ways: after the step in hand and with a checkpoint, or at once
/// because the group is lost. The second may follow the first.
/// </summary>
public sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _afterStep = new();
    private readonly CancellationTokenSource _atOnce = new();

    /// <summary>Cancelled when the role should finish its step, save, and end.</summary>
    public CancellationToken AfterStep => _afterStep.Token;

    /// <summary>Cancelled when the other ranks are lost: whatever waits for them should give up, and nothing is saved.</summary>
    public CancellationToken AtOnce => _atOnce.Token;

    /// <summary>Asks for the end.</summary>
    /// <param name="save">Whether the step is finished and saved.</param>
    public void Request(bool save)
    {
        if (!save) _atOnce.Cancel();
        _afterStep.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _afterStep.Dispose();
        _atOnce.Dispose();
    }
}
