using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Coordinator.Storage;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Converts notices of a job to the events that are stored. Steps are stored as metrics instead.</summary>
internal static class StoredEvents
{
    /// <summary>The event of a notice; null if the notice is not stored.</summary>
    public static StoredEvent? Of(JobNotice notice, DateTimeOffset at, long step) =>
        KindOf(notice) is { } kind && TextOf(notice) is { } text
            ? new(0, at, kind, step, text, DataOf(notice) is { } data ? JsonFormat.Text(data) : null) : null;

    private static string? KindOf(JobNotice notice) => notice switch
    {
        StateChanged change when change.To.IsTerminal() => null, // the event of the outcome has more detail
        StateChanged => "state",
        RankReported { Event.EventCase: WorkerEvent.EventOneofCase.Failed } => "rank_failed",
        _ => NoticeJson.NameOf(notice),
    };

    private static string? TextOf(JobNotice notice) => notice switch
    {
        StateChanged change => JsonFormat.Word(change.To),
        WorkerArrived arrival => $"{arrival.Worker} joined, {arrival.Present} of {arrival.Wanted} workers",
        WorkerLeft left => $"{left.Worker} left, {left.Present} of {left.Wanted} workers remain",
        PlanMade plan => $"planned for {Amount.Of(plan.Workers.Count, "worker")}: {string.Join(", ", plan.Workers)}; "
            + $"precision {plan.Plan.Precision.Name()}",
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Failed } failed, Rank: var rank } =>
            $"rank {rank} failed: {failed.Failed.Message}",
        _ => NoticeText.Of(notice),
    };

    // The reports of ranks have data; the texts of other notices are complete.
    private static JsonObject? DataOf(JobNotice notice) => notice is not RankReported { Event: var report } ? null : report.EventCase switch
    {
        WorkerEvent.EventOneofCase.Failed => FailureJson.Of(report.Failed),
        WorkerEvent.EventOneofCase.Evaluation => Of(report.Evaluation, report.Identity.Step),
        WorkerEvent.EventOneofCase.EvaluationOmitted => EvaluationJson.Of(report.EvaluationOmitted),
        WorkerEvent.EventOneofCase.Checkpoint => CheckpointJson.Of(report.Checkpoint, report.Identity.Step),
        _ => null,
    };

    private static JsonObject Of(HeldOutScored evaluation, long step)
    {
        var fields = EvaluationJson.Of(evaluation);
        fields.Insert(0, "step", step);
        return fields;
    }
}
