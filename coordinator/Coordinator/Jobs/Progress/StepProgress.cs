namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>
/// Counts the committed steps of a job, from those in the checkpoint with which it began: in the current epoch, in any epoch, up to the
/// last recovery point, and up to the last safe state, which is the newest state from which the group can resume.
/// </summary>
/// <param name="firstStep">Number of steps committed in the checkpoint with which the job begins; 0 without one.</param>
internal sealed class StepProgress(long firstStep)
{
    private long _point = firstStep, _safe = firstStep, _atLastRecovery = firstStep;
    private bool _isSafeKnown = true; // false after a restart until the next recovery point is complete
    private int _fruitless;           // recoveries since the last new step

    /// <summary>Number of steps committed in this epoch, including those of the state from which it resumed.</summary>
    public long Step { get; private set; } = firstStep;

    /// <summary>Largest number of committed steps in any epoch.</summary>
    public long Furthest { get; private set; } = firstStep;

    /// <summary>Number of steps committed in the last safe state; null if it is unknown.</summary>
    public long? Safe => _isSafeKnown ? _safe : null;

    /// <summary>Whether a new step was committed since the last recovery, or there was no recovery.</summary>
    public bool IsAdvancing => _fruitless == 0 || Furthest > _atLastRecovery;

    /// <summary>Restores the counts of the previous coordinator.</summary>
    /// <param name="record">The stored record.</param>
    /// <param name="committed">The last commit that the previous coordinator received: its epoch and the number of steps.</param>
    public void Restore(JobRecord record, (long Epoch, long Step) committed)
    {
        Furthest = Math.Max(Furthest, record.Furthest);
        (_safe, _isSafeKnown) = (Math.Max(_safe, record.Safe ?? 0), record.Safe is not null);
        if (record.State != RecordedState.Running)
        {
            Step = Math.Max(Step, record.FirstStep);
            return;
        }

        // The members report how far the group is now.
        Step = committed.Epoch == record.Epoch ? Math.Max(record.FirstStep, committed.Step) : record.FirstStep;
        (Furthest, _atLastRecovery) = (Math.Max(Furthest, Step), record.Furthest);
    }

    /// <summary>Counts a commit. The commit after a recovery point confirms that every rank has that recovery point.</summary>
    /// <param name="step">Number of committed steps.</param>
    public void Commit(long step)
    {
        Reach(step);
        if (_point > _safe && _point < Step) (_safe, _isSafeKnown) = (_point, true);
    }

    /// <summary>Counts the steps of a state whose commits may not have been reported.</summary>
    /// <param name="step">Number of steps committed in the state.</param>
    public void Reach(long step)
    {
        Step = Math.Max(Step, step);
        Furthest = Math.Max(Furthest, Step);
    }

    /// <summary>Counts a recovery point, which is not safe before the next commit.</summary>
    /// <param name="step">Number of steps committed in the recovery point.</param>
    public void AddRecoveryPoint(long step) => _point = Math.Max(_point, step);

    /// <summary>Begins an epoch that resumes from an earlier state.</summary>
    /// <param name="step">Number of steps committed in the state.</param>
    /// <param name="isRecoveryPoint">Whether the state is a recovery point.</param>
    /// <returns>
    /// The number of committed steps that are replayed, and of those whose effect is lost because the state is older than the last safe
    /// state. If the safe state is unknown, all steps after a checkpoint count as lost. One of the two is 0.
    /// </returns>
    public (long Replayed, long Lost) Resume(long step, bool isRecoveryPoint)
    {
        Reach(step); // the state may include steps whose commit was never reported
        var (behind, isLost) = (Step - step, step < _safe || (!_isSafeKnown && !isRecoveryPoint));
        (Step, _point, _safe, _isSafeKnown) = (step, step, step, true);
        return isLost ? (0, behind) : (behind, 0);
    }

    /// <summary>Counts a recovery.</summary>
    /// <param name="limit">Largest number of consecutive recoveries without a new step.</param>
    /// <returns>Whether the recovery is within the limit.</returns>
    public bool TryBeginRecovery(int limit)
    {
        if (Furthest > _atLastRecovery) _fruitless = 0;
        _atLastRecovery = Furthest;
        return ++_fruitless <= limit;
    }

    /// <summary>Ends the job with a state that need not be that of the last commit.</summary>
    /// <param name="step">Number of steps committed in the state.</param>
    /// <returns>The number of committed steps that the state lacks.</returns>
    public long EndWith(long step)
    {
        var lost = Math.Max(0, Step - step);
        Step = step;
        return lost;
    }
}
