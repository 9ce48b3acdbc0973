using Distributed.Parallel.Collectives;

namespace Distributed.Training.Steps;

/// <summary>
/// Commits steps: the all-reduce returns when all ranks have done the step. It also distributes what the ranks must decide together before
/// the next step.
/// </summary>
/// <param name="world">Collectives over all ranks.</param>
/// <param name="stop">Cancelled on any rank to end the run with a checkpoint.</param>
/// <param name="leave">Cancelled on any rank to end the run with a recovery point. A request to stop takes precedence.</param>
/// <param name="takeSaveRequest">
/// Returns true if a checkpoint was requested since the last call. A request on one rank is enough. Null for no requests.
/// </param>
internal sealed class StepCommit(ICollectives world, CancellationToken stop, CancellationToken leave, Func<bool>? takeSaveRequest)
{
    /// <summary>Commits a step. One all-reduce: every rank must call it.</summary>
    /// <param name="vote">This rank's part.</param>
    /// <returns>The decision, the same on every rank.</returns>
    public StepDecision Run(StepVote vote)
    {
        long[] votes =
        [
            Vote(stop.IsCancellationRequested), Vote(leave.IsCancellationRequested), Vote(vote.IsSaveReady),
            Nanoseconds(vote.RecoveryPointSeconds), Nanoseconds(vote.StepSeconds),
            Vote(takeSaveRequest?.Invoke() == true), Vote(vote.IsFolderMissing),
        ];
        world.AllReduceSum(votes.AsSpan());
        return new StepDecision
        {
            IsStopping = votes[0] > 0,
            IsLeaving = votes[0] == 0 && votes[1] > 0,
            IsSaveReady = votes[2] == world.Size,
            MeanRecoveryPointSeconds = Mean(votes[3]),
            MeanStepSeconds = Mean(votes[4]),
            IsSaveRequested = votes[5] > 0,
            IsFolderMissing = votes[6] > 0,
        };

        static long Vote(bool value) => value ? 1 : 0;

        static long Nanoseconds(double seconds) => (long)(seconds * 1e9);

        double Mean(long nanoseconds) => nanoseconds / 1e9 / world.Size;
    }
}

/// <summary>One rank's part of a commit.</summary>
/// <param name="IsSaveReady">Whether this rank's part of the save in progress has ended.</param>
/// <param name="IsFolderMissing">Whether this rank has found that the folder of checkpoints no longer exists.</param>
/// <param name="StepSeconds">Time of the step, in seconds.</param>
/// <param name="RecoveryPointSeconds">Time of the last recovery point, in seconds; 0 if none was taken since the last commit.</param>
internal readonly record struct StepVote(bool IsSaveReady, bool IsFolderMissing, double StepSeconds, double RecoveryPointSeconds);

/// <summary>What all ranks do after a committed step.</summary>
internal readonly record struct StepDecision
{
    /// <summary>Whether the run ends with a checkpoint.</summary>
    public required bool IsStopping { get; init; }

    /// <summary>Whether the run ends with a recovery point; false if <see cref="IsStopping"/> is true.</summary>
    public required bool IsLeaving { get; init; }

    /// <summary>Whether every rank's part of the save in progress has ended.</summary>
    public required bool IsSaveReady { get; init; }

    /// <summary>Whether a checkpoint was requested.</summary>
    public required bool IsSaveRequested { get; init; }

    /// <summary>Whether any rank has found that the folder of checkpoints no longer exists.</summary>
    public required bool IsFolderMissing { get; init; }

    /// <summary>Mean time of the step over all ranks, in seconds.</summary>
    public required double MeanStepSeconds { get; init; }

    /// <summary>Mean time of the last recovery point over all ranks, in seconds; 0 if none was taken since the last commit.</summary>
    public required double MeanRecoveryPointSeconds { get; init; }
}
