using System.Globalization;
using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Renders notices of a group, except its steps, for the terminal and for the stored log.</summary>
public static class NoticeText
{
    /// <summary>Renders a notice; null if it has no text. Ranks report most events alike, so only reports of rank 0 have a text.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="format">Renders the path of a folder; null keeps the complete path.</param>
    public static string? Of(JobNotice notice, Func<string, string>? format = null) => notice switch
    {
        RecoveryBegan began => $"recovering after step {began.Step}: {began.Failure.Reason}",
        RescaleBegan began => $"regrouping after step {began.Step}: {began.Reason}",
        ReplacementAwaited awaited =>
            Invariant($"waiting up to {awaited.Wait.TotalSeconds:0.#} s for {Amount.Of(awaited.Missing, "worker")}"),
        WorkerSlow slow => $"warning: {slow.Worker} (rank {slow.Rank}) is slow: its {slow.Phase} phase takes "
            + Invariant($"{slow.Factor:0.0} times the median of the other ranks"),
        WorkerLeaving leaving => $"{leaving.Worker} was asked to leave",
        EpochBegan epoch => $"epoch {epoch.Epoch}: {Amount.Of(epoch.Workers, "worker resumes", "workers resume")} from {epoch.From} "
            + $"({Amount.Of(epoch.Replayed, "step")} to replay, {epoch.Lost} lost)",
        RankReported { Rank: 0, Event: var message } => Of(message, format ?? (whole => whole)),
        _ => null,
    };

    /// <summary>Renders the results of an evaluation.</summary>
    public static string Of(HeldOutScored evaluation)
    {
        var (loss, perplexity) = (evaluation.Loss, Math.Exp(evaluation.Loss));
        var (bits, gzip, maxVio) = (evaluation.BitsPerByte, evaluation.GzipBitsPerByte, evaluation.MaxVio);
        if (evaluation.Metrics.Count > 0) return Invariant($"loss {loss:0.0000}{MetricText.Of(evaluation.Metrics)}, MaxVio {maxVio:0.00}");
        var compressed = gzip > 0 ? Invariant($" (gzip -9: {gzip:0.000})") : "";
        return Invariant(
            $"loss {loss:0.0000}, perplexity {perplexity:0.00}, {bits:0.000} bits per byte{compressed}, MaxVio {maxVio:0.00}");
    }

    /// <summary>Renders why the run has no evaluations.</summary>
    public static string Of(EvaluationOmitted omitted) => omitted.TokensNeeded == 0
        ? "evaluation is skipped: no examples are held out. Name some in data.evaluation."
        : $"evaluation is skipped: the held-out text has {omitted.TokensFound} tokens, and one sequence needs {omitted.TokensNeeded} "
        + "(data.sequence_length and the last target). Hold out more text (data.evaluation, data.evaluation_fraction) "
        + "or shorten the sequences.";

    private static string? Of(WorkerEvent message, Func<string, string> format) => message.EventCase switch
    {
        WorkerEvent.EventOneofCase.Ready => message.Identity.Step == 0 ? "starting" : $"continuing after step {message.Identity.Step}",
        WorkerEvent.EventOneofCase.Evaluation => $"evaluation after step {message.Identity.Step}: {Of(message.Evaluation)}",
        WorkerEvent.EventOneofCase.EvaluationOmitted => $"warning: {Of(message.EvaluationOmitted)}",
        WorkerEvent.EventOneofCase.Checkpoint => Of(message.Checkpoint, message.Identity.Step, format),
        WorkerEvent.EventOneofCase.SaveFailed =>
            $"warning: the checkpoint of step {message.Identity.Step} was not saved: {message.SaveFailed.Message}",
        WorkerEvent.EventOneofCase.Profile when message.Profile.TraceProblem.Length > 0 =>
            $"warning: the trace {message.Profile.Trace} was not written: {message.Profile.TraceProblem}",
        WorkerEvent.EventOneofCase.Profile =>
            $"profile of steps {message.Profile.FirstStep} to {message.Identity.Step}: {message.Profile.Trace}",
        _ => null,
    };

    private static string Of(CheckpointSaved saved, long step, Func<string, string> format) =>
        $"checkpoint of step {step}: {format(saved.Directory)} ({Amount.Bytes(saved.Bytes)}, {Amount.Duration(saved.Seconds)}, "
        + $"steps delayed by {Amount.Duration(saved.HeldUpSeconds)})"
        + string.Concat(saved.NotRemoved.Select(problem => $"\nwarning: {problem}"));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
