using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>
/// Notices of a job as JSON, except its steps. Ranks report most events alike, so only reports of rank 0 are written.
/// </summary>
public static class NoticeJson
{
    /// <summary>Returns the name of a notice as an event; null if the notice is no event.</summary>
    public static string? NameOf(JobNotice notice) => notice switch
    {
        RecoveryBegan => "recovery",
        RescaleBegan => "rescale",
        WorkerArrived => "worker_joined",
        WorkerLeft => "worker_left",
        WorkerLeaving => "worker_leaving",
        ReplacementAwaited => "replacement_awaited",
        WorkerSlow => "slow_worker",
        EpochBegan => "epoch",
        PlanMade => "plan",
        RankReported { Rank: 0, Event: var message } => message.EventCase switch
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

    /// <summary>Returns the fields of a notice; null if the notice is no event.</summary>
    public static JsonObject? Of(JobNotice notice) => notice switch
    {
        RecoveryBegan began => new()
        {
            ["step"] = began.Step, ["cause"] = FailureText.Word(began.Failure.Cause), ["reason"] = began.Failure.Reason,
            ["culprit_rank"] = began.Failure.Rank,
        },
        RescaleBegan began => new() { ["step"] = began.Step, ["reason"] = began.Reason },
        WorkerArrived arrived => Members(arrived.Worker, arrived.Present, arrived.Wanted),
        WorkerLeft left => Members(left.Worker, left.Present, left.Wanted),
        WorkerLeaving leaving => new() { ["worker"] = leaving.Worker, ["rank"] = leaving.Rank },
        ReplacementAwaited awaited => new() { ["missing"] = awaited.Missing, ["seconds"] = awaited.Wait.TotalSeconds },
        WorkerSlow slow => new()
        {
            ["step"] = slow.Step, ["rank"] = slow.Rank, ["worker"] = slow.Worker, ["phase"] = slow.Phase,
            ["times"] = JsonFormat.Number(slow.Factor),
        },
        EpochBegan epoch => new()
        {
            ["epoch"] = epoch.Epoch, ["workers"] = epoch.Workers, ["from_step"] = epoch.FromStep, ["steps_replayed"] = epoch.Replayed,
            ["steps_lost"] = epoch.Lost, ["from"] = epoch.From,
        },
        PlanMade plan => new()
        {
            ["workers"] = plan.Workers.Count, ["precision"] = plan.Plan.Precision.Name(), ["placement"] = PlanJson.PlacementOf(plan.Plan),
        },
        RankReported { Rank: 0, Event: var message } => Of(message, message.Identity.Step),
        _ => null,
    };

    private static JsonObject? Of(WorkerEvent message, long step) => message.EventCase switch
    {
        WorkerEvent.EventOneofCase.Ready => new() { ["next_step"] = step },
        WorkerEvent.EventOneofCase.Evaluation => Of(message.Evaluation, step),
        WorkerEvent.EventOneofCase.EvaluationOmitted => EvaluationJson.Of(message.EvaluationOmitted),
        WorkerEvent.EventOneofCase.Checkpoint => CheckpointJson.Of(message.Checkpoint, step),
        WorkerEvent.EventOneofCase.SaveFailed => new() { ["step"] = step, ["message"] = message.SaveFailed.Message },
        WorkerEvent.EventOneofCase.Profile => ProfileJson.Of(new StepProfile(message.Profile, step)),
        _ => null,
    };

    private static JsonObject Of(HeldOutScored evaluation, long step)
    {
        var fields = EvaluationJson.Of(evaluation);
        fields["step"] = step;
        return fields;
    }

    private static JsonObject Members(string worker, int present, int wanted) =>
        new() { ["worker"] = worker, ["present"] = present, ["wanted"] = wanted };
}
