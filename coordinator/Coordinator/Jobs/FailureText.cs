using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Renders failures as messages for the user. This is the only renderer, and no code parses its texts.</summary>
public static class FailureText
{
    /// <summary>Renders a failure, without a full stop.</summary>
    public static string Of(Failure failure)
    {
        var text = OfCause(failure);
        return failure.LateRanks.Count > 0 && failure.Cause != FailureCause.EndTimeout ? $"{text}; {Late(failure)}" : text;
    }

    /// <summary>Returns the name of a cause in the API and <c>--json</c>, such as <c>worker_lost</c>; null for no cause.</summary>
    public static string? Word(FailureCause cause) =>
        cause == FailureCause.Unspecified ? null : JsonFormat.Word(cause);

    private static string OfCause(Failure failure) => failure.Cause switch
    {
        FailureCause.WorkerLost when failure.Message.Length == 0 => $"rank {failure.Rank} ({failure.Worker}) was lost",
        FailureCause.WorkerLost => $"rank {failure.Rank} ({failure.Worker}) was lost: {failure.Message}",
        FailureCause.JoinFailed => $"{failure.Worker} could not join: {failure.Message}",
        FailureCause.WorkersMissing when failure.Timeout is { } timeout =>
            $"only {failure.Present} of {Amount.Of(failure.Needed, "worker")} joined within {Amount.FormatTimeout(timeout)}",
        FailureCause.WorkersMissing when failure.Needed > 0 =>
            $"{failure.Previous?.Reason ?? Missing}; {Amount.Of(failure.Present, "worker is", "workers are")} left, "
                + $"and at least {Amount.Of(failure.Needed, "is", "are")} needed",
        FailureCause.WorkersMissing => Missing,
        FailureCause.NoReports => $"no rank has reported anything for {Amount.FormatTimeout(failure.Timeout!.Value)}",
        FailureCause.EndTimeout => Late(failure),
        FailureCause.NoProgress => $"{failure.Previous!.Reason}; {failure.Needed} recoveries in a row have led to no new step",
        FailureCause.InvalidPlan => $"the job cannot be planned: {failure.Message}",
        FailureCause.NoTransport => $"the workers have no common transport: {failure.Message}",
        FailureCause.EarlierCoordinator => $"rank {failure.Rank} was stopped by the previous coordinator",
        FailureCause.StateNotStored or FailureCause.DataDiffers => failure.Message,
        _ => failure.Reporter is { } rank ? $"rank {rank}: {failure.Message}" : failure.Message,
    };

    private const string Missing = "workers are missing";

    private static string Late(Failure failure)
    {
        var ranks = failure.LateRanks.Count == 1 ? "rank" : "ranks";
        return $"{ranks} {string.Join(", ", failure.LateRanks)} did not end within {Amount.FormatTimeout(failure.LateTimeout)}";
    }
}
