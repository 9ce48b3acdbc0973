using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Why a job fails, or must recover. A rank that fails only because another one did is an echo, and gives way to the cause.</summary>
internal sealed record Failure(string Reason, int? Culprit, string Detail = "", bool IsEcho = false, FailureKind Kind = FailureKind.FailureTransient)
{
    /// <summary>The better of two explanations: the first one that is no echo.</summary>
    public static Failure Better(Failure? known, Failure other) =>
        known is null || (known.IsEcho && !other.IsEcho) ? other : known;
}
