using Distributed.Coordinator.Goodput;

namespace Distributed.Coordinator.Jobs;

/// <summary>How a job ended.</summary>
/// <param name="State">Completed, failed or stopped.</param>
/// <param name="Reason">One complete sentence for the user.</param>
/// <param name="Culprit">The rank that it failed because of, where there is one.</param>
/// <param name="Detail">For whoever mends the program; empty where the reason says all.</param>
/// <param name="Step">Steps known to be committed.</param>
/// <param name="WithoutProgress">Whether it failed because recoveries led nowhere.</param>
public sealed record JobOutcome(JobState State, string Reason, int? Culprit, string Detail, long Step, bool WithoutProgress = false)
{
    /// <summary>Whether it failed only because there were too few workers: with more it could go on.</summary>
    public bool WorkersMissing { get; init; }

    /// <summary>Whether it failed only because an epoch could not be kept: once the disk takes it, it could resume.</summary>
    public bool StateNotKept { get; init; }

    /// <summary>Committed steps beyond the last checkpoint that a job which was stopped could not save.</summary>
    public long StepsLost { get; init; }

    /// <summary>Where the time went; null where nobody kept account.</summary>
    public GoodputReport? Ledger { get; init; }

    /// <summary>The process's exit status: 0 completed, 1 failed, 3 failed after recoveries that led nowhere, 130 stopped.</summary>
    public int ExitStatus => StatusOf(State, WithoutProgress);

    internal static int StatusOf(JobState state, bool withoutProgress) => state switch
    {
        JobState.Completed => 0,
        JobState.Failed when withoutProgress => 3,
        JobState.Stopped => 130,
        _ => 1,
    };
}
