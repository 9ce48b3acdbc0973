using System.Globalization;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>What happens to a group besides its steps, in a line: for whoever watches, and for the log that is kept.</summary>
public static class NoticeText
{
    /// <summary>The line; null where there is nothing to say. All ranks say the same of most things, so rank 0 speaks.</summary>
    /// <param name="notice">What happens.</param>
    /// <param name="place">How a folder is told; null for the whole path.</param>
    public static string? Of(JobNotice notice, Func<string, string>? place = null) => notice switch
    {
        RecoveryBegan began => $"recovering after step {began.Step}: {began.Failure.Reason}",
        RescaleBegan began => $"regrouping after step {began.Step}: {began.Reason}",
        ReplacementAwaited awaited => Invariant($"waiting up to {awaited.Wait.TotalSeconds:0.#} s for {Amount.Of(awaited.Missing, "worker")}"),
        WorkerSlow slow => Invariant($"warning: {slow.Worker} (rank {slow.Rank}) is slow: it takes {slow.Times:0.0} times as long as the others for its {slow.Phase}"),
        WorkerLeaving leaving => $"{leaving.Worker} was asked to leave",
        EpochBegan epoch => $"epoch {epoch.Epoch}: {Amount.Of(epoch.Workers, "worker resumes", "workers resume")} from {epoch.From} ({Amount.Of(epoch.Replayed, "step")} to replay, {epoch.Lost} lost)",
        RankReported { Rank: 0, Event: var said } => Of(said, place ?? (whole => whole)),
        _ => null,
    };

    /// <summary>An evaluation's figures.</summary>
    public static string Of(HeldOutScored evaluation) => Invariant(
        $"loss {evaluation.Loss:0.0000}, perplexity {Math.Exp(evaluation.Loss):0.00}, {evaluation.BitsPerByte:0.000} bits per byte (gzip -9: {evaluation.GzipBitsPerByte:0.000}), MaxVio {evaluation.MaxVio:0.00}");

    /// <summary>Why there are no evaluations.</summary>
    public static string Of(EvaluationOmitted omitted) =>
        $"nothing is evaluated: the held-out text has {omitted.TokensFound} tokens, and one sequence needs {omitted.TokensNeeded} "
        + "(data.sequence_length and the last target). Hold more text out (data.evaluation, data.evaluation_fraction), or shorten the sequences.";

    private static string? Of(WorkerEvent said, Func<string, string> place) => said.EventCase switch
    {
        WorkerEvent.EventOneofCase.Ready => said.Identity.Step == 0 ? "starting" : $"going on after step {said.Identity.Step}",
        WorkerEvent.EventOneofCase.Evaluation => $"evaluation after step {said.Identity.Step}: {Of(said.Evaluation)}",
        WorkerEvent.EventOneofCase.EvaluationOmitted => $"warning: {Of(said.EvaluationOmitted)}",
        WorkerEvent.EventOneofCase.Checkpoint => Of(said.Checkpoint, said.Identity.Step, place),
        WorkerEvent.EventOneofCase.SaveFailed => $"warning: the checkpoint of step {said.Identity.Step} was not saved: {said.SaveFailed.Message}",
        WorkerEvent.EventOneofCase.Profile when said.Profile.TraceProblem.Length > 0 => $"warning: the trace {said.Profile.Trace} was not written: {said.Profile.TraceProblem}",
        WorkerEvent.EventOneofCase.Profile => $"profile of steps {said.Profile.FirstStep} to {said.Identity.Step}: {said.Profile.Trace}",
        _ => null,
    };

    private static string Of(CheckpointSaved saved, long step, Func<string, string> place) =>
        $"checkpoint of step {step}: {place(saved.Directory)} ({Amount.Bytes(saved.Bytes)}, {Amount.Duration(saved.Seconds)}, steps held up {Amount.Duration(saved.HeldUpSeconds)}){string.Concat(saved.NotRemoved.Select(problem => $"\nwarning: {problem}"))}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
