namespace Distributed.Worker.Roles;

/// <summary>How a role is to end.</summary>
public enum StopWay
{
    /// <summary>At once: the group is lost, and nothing is kept.</summary>
    AtOnce,

    /// <summary>After the step in hand, with a recovery point: the group goes on with other members.</summary>
    Leave,

    /// <summary>After the step in hand, with a checkpoint.</summary>
    Save,
}

/// <summary>
/// Asks a role to end, or for a checkpoint while it continues; from another thread. A way of ending that keeps less may follow one that keeps more.
/// </summary>
public sealed class StopSignal : IDisposable
{
    private int _saveAsked;

    private readonly CancellationTokenSource _afterStep = new(), _leave = new(), _atOnce = new();

    /// <summary>Cancelled when the role should finish its step, save, and end.</summary>
    public CancellationToken AfterStep => _afterStep.Token;

    /// <summary>Cancelled when the role should finish its step, take a recovery point, and end.</summary>
    public CancellationToken Leave => _leave.Token;

    /// <summary>Cancelled when the other ranks are lost: whatever waits for them should give up, and nothing is saved.</summary>
    public CancellationToken AtOnce => _atOnce.Token;

    /// <summary>Asks for a checkpoint after the current step; the role continues.</summary>
    public void RequestSave() => Volatile.Write(ref _saveAsked, 1);

    /// <summary>Whether a checkpoint was asked for since the last call.</summary>
    public bool TakeSaveRequest() => Interlocked.Exchange(ref _saveAsked, 0) != 0;

    /// <summary>Asks for the end.</summary>
    public void Request(StopWay way)
    {
        if (way == StopWay.Leave)
        {
            _leave.Cancel();
            return;
        }

        if (way == StopWay.AtOnce) _atOnce.Cancel();
        _afterStep.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _afterStep.Dispose();
        _leave.Dispose();
        _atOnce.Dispose();
    }
}
