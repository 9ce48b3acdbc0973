using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>What is kept of the things that happen to a job, besides its steps.</summary>
internal static class EventText
{
    /// <summary>What is kept of a notice; null where nothing is. All ranks say the same of most things, so rank 0 speaks.</summary>
    public static StoredEvent? Of(JobNotice notice, DateTimeOffset at, long step) => notice switch
    {
        StateChanged change when change.To.IsTerminal() => null, // its outcome says more
        StateChanged change => new(0, at, "state", step, $"{change.To.ToString().ToLowerInvariant()}", null),
        WorkerArrived arrival => new(0, at, "worker_joined", step, $"{arrival.Worker} is here, {arrival.Present} of {arrival.Wanted}", null),
        WorkerLeft left => new(0, at, "worker_left", step, $"{left.Worker} has gone, {left.Present} of {left.Wanted} are left", null),
        PlanMade plan => new(0, at, "plan", step, $"planned for {plan.Workers.Count} workers: {string.Join(", ", plan.Workers)}", null),
        RecoveryBegan or RescaleBegan or ReplacementAwaited or WorkerSlow or EpochBegan => new(0, at, KindOf(notice), step, NoticeText.Of(notice)!, null),
        RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Failed } failed, Rank: var rank } => new(0, at, "rank_failed", step, $"rank {rank} failed: {failed.Failed.Message}", EventData.Of(failed.Failed)),
        RankReported { Rank: 0, Event: var message } => Of(message, at, step),
        _ => null,
    };

    // As train --json calls them.
    private static string KindOf(JobNotice notice) => notice switch
    {
        RecoveryBegan => "recovery",
        RescaleBegan => "rescale",
        ReplacementAwaited => "replacement_awaited",
        WorkerSlow => "slow_worker",
        _ => "epoch",
    };

    private static StoredEvent? Of(WorkerEvent message, DateTimeOffset at, long step) => message.EventCase switch
    {
        WorkerEvent.EventOneofCase.Ready => new(0, at, "ready", step, message.Identity.Step == 0 ? "starting" : $"going on after step {message.Identity.Step}", null),
        WorkerEvent.EventOneofCase.Evaluation => new(0, at, "evaluation", step, Invariant(
            $"evaluation after step {message.Identity.Step}: loss {message.Evaluation.Loss:0.0000}, perplexity {Math.Exp(message.Evaluation.Loss):0.00}, {message.Evaluation.BitsPerByte:0.000} bits per byte, MaxVio {message.Evaluation.MaxVio:0.00}"),
            EventData.Of(message.Evaluation, message.Identity.Step)),
        WorkerEvent.EventOneofCase.Checkpoint => new(0, at, "checkpoint", step, Invariant(
            $"checkpoint of step {message.Identity.Step}: {message.Checkpoint.Directory} ({message.Checkpoint.Bytes / 1048576.0:0.0} MiB, {message.Checkpoint.Seconds:0.0} s, steps held up {message.Checkpoint.HeldUpSeconds:0.0} s){string.Concat(message.Checkpoint.NotRemoved.Select(problem => $"; warning: {problem}"))}"),
            EventData.Of(message.Checkpoint, message.Identity.Step)),
        WorkerEvent.EventOneofCase.SaveFailed => new(0, at, "checkpoint_failed", step, $"warning: the checkpoint of step {message.Identity.Step} was not saved: {message.SaveFailed.Message}", null),
        WorkerEvent.EventOneofCase.Profile => new(0, at, "profile", step, $"profile of steps {message.Profile.FirstStep} to {message.Identity.Step}: {message.Profile.Trace}", null),
        _ => null,
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
