using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Why a job fails or recovers, as data. <see cref="FailureText"/> renders it.</summary>
/// <param name="Cause">The cause.</param>
public sealed record Failure(FailureCause Cause)
{
    /// <summary>The rank at fault; null if none, or unknown.</summary>
    public int? Rank { get; init; }

    /// <summary>
    /// The rank that reported the failure; null if the coordinator detected it, or if <see cref="Message"/> names the rank at fault.
    /// </summary>
    public int? Reporter { get; init; }

    /// <summary>The worker's name; empty if it does not matter.</summary>
    public string Worker { get; init; } = "";

    /// <summary>The report of the rank, the operating system or the planner; empty if the cause is sufficient.</summary>
    public string Message { get; init; } = "";

    /// <summary>A stack trace for developers; empty if the message is sufficient.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Whether the rank failed only because another rank failed.</summary>
    public bool IsConsequence { get; init; }

    /// <summary>Whether another attempt may succeed.</summary>
    public FailureKind Kind { get; init; } = FailureKind.FailureTransient;

    /// <summary>The timeout that expired; null for causes without a timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The number of workers that are present, of <see cref="Needed"/>.</summary>
    public int Present { get; init; }

    /// <summary>The number of workers that are needed, or of recoveries without progress, depending on the cause.</summary>
    public int Needed { get; init; }

    /// <summary>Ranks that did not end within <see cref="LateTimeout"/>; empty if all did.</summary>
    public IReadOnlyList<int> LateRanks { get; init; } = [];

    /// <summary>The time that ranks had to end; only with <see cref="LateRanks"/>.</summary>
    public TimeSpan LateTimeout { get; init; }

    /// <summary>The failure that led to this failure; null if this is the first.</summary>
    public Failure? Previous { get; init; }

    /// <summary>The message for the user.</summary>
    public string Reason => FailureText.Of(this);

    /// <summary>Returns the failure that explains more: the first of the two that is not a consequence.</summary>
    public static Failure MoreSpecific(Failure? known, Failure other) =>
        known is null || (known.IsConsequence && !other.IsConsequence) ? other : known;
}
