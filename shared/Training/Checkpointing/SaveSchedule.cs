namespace Distributed.Training.Checkpointing;

/// <summary>
/// When checkpoints are due: every so many steps, and after a failure soon again, then after twice as many steps each time.
/// </summary>
/// <param name="every">Steps; 0 for none on the way.</param>
public sealed class SaveSchedule(int every)
{
    private long _retryAt, _wait = 1;

    /// <summary>Whether one is due after so many steps.</summary>
    public bool IsDue(long step) => every > 0 && (step % every == 0 || step == _retryAt);

    /// <summary>Hears how a save ended.</summary>
    /// <param name="failed">Whether it failed.</param>
    /// <param name="now">Steps done by now.</param>
    public void Ended(bool failed, long now)
    {
        (_retryAt, _wait) = failed ? (now + _wait, Math.Min(2 * _wait, Math.Max(1, every))) : (0, 1);
    }
}
