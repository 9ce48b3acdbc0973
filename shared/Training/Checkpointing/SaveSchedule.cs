namespace Distributed.Training.Checkpointing;

/// <summary>
/// Determines after which steps a checkpoint is due: after every N steps, and after a failure again 1, 2, 4, ... (at most N) steps later.
/// </summary>
/// <param name="every">Steps N between checkpoints; 0 schedules none before the end of the run.</param>
public sealed class SaveSchedule(int every)
{
    private long _retryAt, _wait = 1;

    /// <summary>Whether a checkpoint is due after step <paramref name="step"/>.</summary>
    public bool IsDue(long step) => every > 0 && (step % every == 0 || step == _retryAt);

    /// <summary>Records the outcome of a save, which moves the next due step.</summary>
    /// <param name="failed">Whether the save failed.</param>
    /// <param name="now">Steps committed when the outcome is known.</param>
    public void RecordOutcome(bool failed, long now)
    {
        (_retryAt, _wait) = failed ? (now + _wait, Math.Min(2 * _wait, Math.Max(1, every))) : (0, 1);
    }
}
