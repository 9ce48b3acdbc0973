using Distributed.Coordinator.Goodput;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="State">Final state: completed, failed or stopped.</param>
/// <param name="Reason">One complete sentence for the user.</param>
/// <param name="Failure">The failure; null if the job did not fail.</param>
/// <param name="Step">Number of steps known to be committed.</param>
public sealed record JobOutcome(JobState State, string Reason, Failure? Failure, long Step)
{
    /// <summary>The rank at fault; null if none, or unknown.</summary>
    public int? Culprit => Failure?.Rank;

    /// <summary>A stack trace for developers; empty if the reason is sufficient.</summary>
    public string Detail => Failure?.Detail ?? "";

    /// <summary>Whether the job failed only because there are too few workers: with more workers it can resume.</summary>
    public bool IsShortOfWorkers => Failure is { Cause: FailureCause.WorkersMissing };

    /// <summary>Whether the job failed only because its epoch could not be stored: once the disk has room, it can resume.</summary>
    public bool IsStateNotStored => Failure is { Cause: FailureCause.StateNotStored };

    /// <summary>Number of committed steps after the last checkpoint that a stopped job could not save.</summary>
    public long StepsLost { get; init; }

    /// <summary>Time of the run by category; null if no ledger was kept.</summary>
    public GoodputReport? Ledger { get; init; }

    /// <summary>The process's exit status: 0 completed, 1 failed, 3 failed after recoveries without progress, 130 stopped.</summary>
    public int ExitStatus => StatusOf(State, Failure?.Cause ?? FailureCause.Unspecified);

    internal static int StatusOf(JobState state, FailureCause cause) => state switch
    {
        JobState.Completed => 0,
        JobState.Failed when cause == FailureCause.NoProgress => 3,
        JobState.Stopped => 130,
        _ => 1,
    };
}
