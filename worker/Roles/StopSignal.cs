namespace Distributed.Worker.Roles;

/// <summary>The way in which a role is stopped.</summary>
public enum StopMode
{
    /// <summary>At once: the group is lost, and no state is saved.</summary>
    AtOnce,

    /// <summary>After the current step, with a recovery point: the group continues with other members.</summary>
    Leave,

    /// <summary>After the current step, with a checkpoint.</summary>
    Save,
}

/// <summary>
/// Asks a role to end, or to save a checkpoint and continue; from another thread. A request that keeps less state may follow one that keeps
/// more.
/// </summary>
public sealed class StopSignal : IDisposable
{
    private int _saveAsked;

    private readonly CancellationTokenSource _afterStep = new(), _leave = new(), _atOnce = new();

    /// <summary>Cancelled when the role should finish its step, save, and end.</summary>
    public CancellationToken AfterStep => _afterStep.Token;

    /// <summary>Cancelled when the role should finish its step, take a recovery point, and end.</summary>
    public CancellationToken Leave => _leave.Token;

    /// <summary>Cancelled when the other ranks are lost: all waits for them should end, and nothing is saved.</summary>
    public CancellationToken AtOnce => _atOnce.Token;

    /// <summary>Requests a checkpoint after the current step; the role continues.</summary>
    public void RequestSave() => Volatile.Write(ref _saveAsked, 1);

    /// <summary>Returns whether a checkpoint was requested since the last call.</summary>
    public bool TakeSaveRequest() => Interlocked.Exchange(ref _saveAsked, 0) != 0;

    /// <summary>Requests the end of the role.</summary>
    public void Request(StopMode mode)
    {
        if (mode == StopMode.Leave)
        {
            _leave.Cancel();
            return;
        }

        if (mode == StopMode.AtOnce) _atOnce.Cancel();
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
