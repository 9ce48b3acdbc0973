using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Converts notices of a job to the events that are stored. Steps are stored as metrics instead.</summary>
internal static class StoredEvents
{
    /// <summary>The event of a notice; null if the notice is not stored.</summary>
    public static StoredEvent? Of(JobNotice notice, DateTimeOffset at, long step) => notice switch
    {
        StateChanged change when change.To.IsTerminal() => null, // the event of the outcome has more detail
        StateChanged change => new(0, at, "state", step, $"{change.To.ToString().ToLowerInvariant()}", null),
        WorkerArrived arrival => new(0, at, "worker_joined", step,
            $"{arrival.Worker} joined, {arrival.Present} of {arrival.Wanted} workers", null),
        WorkerLeft left => new(0, at, "worker_left", step, $"{left.Worker} left, {left.Present} of {left.Wanted} workers remain", null),
        PlanMade plan => new(
            0, at, "plan", step,
            $"planned for {Amount.Of(plan.Workers.Count, "worker")}: {string.Join(", ", plan.Workers)}; "
            + $"precision {plan.Plan.Precision.Name()}", null),
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Failed } failed, Rank: var rank } => new(0, at, "rank_failed", step,
            $"rank {rank} failed: {failed.Failed.Message}", EventData.Of(failed.Failed)),
        _ => NoticeText.Of(notice) is { } text && KindOf(notice) is { } kind ? new(0, at, kind, step, text, DataOf(notice)) : null,
    };

    // The names of train --json.
    private static string? KindOf(JobNotice notice) => notice switch
    {
        RecoveryBegan => "recovery",
        RescaleBegan => "rescale",
        ReplacementAwaited => "replacement_awaited",
        WorkerSlow => "slow_worker",
        WorkerLeaving => "worker_leaving",
        EpochBegan => "epoch",
        RankReported report => report.Event.EventCase switch
        {
            WorkerEvent.EventOneofCase.Ready => "ready",
            WorkerEvent.EventOneofCase.Evaluation => "evaluation",
            WorkerEvent.EventOneofCase.EvaluationOmitted => "evaluation_omitted",
            WorkerEvent.EventOneofCase.Checkpoint => "checkpoint",
            WorkerEvent.EventOneofCase.SaveFailed => "checkpoint_failed",
            WorkerEvent.EventOneofCase.Profile => "profile",
            _ => null,
        },
        _ => null,
    };

    private static string? DataOf(JobNotice notice) => notice switch
    {
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Evaluation } scored } => EventData.Of(scored.Evaluation,
            scored.Identity.Step),
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.EvaluationOmitted } report } =>
            EventData.Of(report.EvaluationOmitted),
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Checkpoint } saved } => EventData.Of(saved.Checkpoint,
            saved.Identity.Step),
        _ => null,
    };
}
