using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>
/// Counts the groups that are formed only to save the state before the job ends: because too few workers are left to continue, or because a
/// stop with a checkpoint is requested. The number of attempts is limited, in case workers are lost meanwhile.
/// </summary>
internal sealed class FinalSaves
{
    private const int MaxAttempts = 3;
    private int _left = MaxAttempts;

    /// <summary>Why the group is only to save, and the job then ends: workers are missing; null while enough workers are present.</summary>
    public Failure? Shortage { get; private set; }

    /// <summary>Whether another group may be formed to save.</summary>
    public bool IsAttemptLeft => _left > 0;

    /// <summary>Begins an attempt, because a stop is requested.</summary>
    public void BeginForStop() => _left--;

    /// <summary>Begins an attempt, because workers are missing.</summary>
    /// <param name="failure">The failure that led to the shortage; null keeps the known one.</param>
    public void BeginForShortage(Failure? failure)
    {
        _left--;
        Shortage = failure ?? Shortage ?? new Failure(FailureCause.WorkersMissing);
    }

    /// <summary>Ends the attempts: the state is saved or cannot be saved.</summary>
    public void GiveUp() => _left = 0;

    /// <summary>Ends the shortage: a group of enough workers is formed.</summary>
    /// <param name="isStopping">Whether a stop is requested; the attempts are then not counted anew.</param>
    public void EndShortage(bool isStopping) => (Shortage, _left) = (null, isStopping ? _left : MaxAttempts);
}
