using Distributed.Cli.Output;
using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>What happens besides steps, in a line.</summary>
internal static class EventText
{
    /// <summary>The line; null where there is nothing to say.</summary>
    public static string? Of(WorkerEvent message) => message.EventCase switch
    {
        WorkerEvent.EventOneofCase.Ready => message.Identity.Step == 0 ? "starting" : $"going on after step {message.Identity.Step}",
        WorkerEvent.EventOneofCase.Evaluation => $"evaluation after step {message.Identity.Step}: {Of(message.Evaluation)}",
        WorkerEvent.EventOneofCase.Checkpoint => $"checkpoint of step {message.Identity.Step}: {message.Checkpoint.Directory} ({Format.Bytes(message.Checkpoint.Bytes)}, {Format.Duration(message.Checkpoint.Seconds)}, steps held up {Format.Duration(message.Checkpoint.HeldUpSeconds)}){string.Concat(message.Checkpoint.NotRemoved.Select(problem => $"\nwarning: {problem}"))}",
        WorkerEvent.EventOneofCase.SaveFailed => $"warning: the checkpoint of step {message.Identity.Step} was not saved: {message.SaveFailed.Message}",
        WorkerEvent.EventOneofCase.Profile when message.Profile.TraceProblem.Length > 0 => $"warning: the trace {message.Profile.Trace} was not written: {message.Profile.TraceProblem}",
        WorkerEvent.EventOneofCase.Profile => $"profile of steps {message.Profile.FirstStep} to {message.Identity.Step}: {message.Profile.Trace}",
        _ => null,
    };

    /// <summary>An evaluation's figures.</summary>
    public static string Of(HeldOutScored evaluation) => Format.Invariant(
        $"loss {evaluation.Loss:0.0000}, perplexity {Math.Exp(evaluation.Loss):0.00}, {evaluation.BitsPerByte:0.000} bits per byte (gzip -9: {evaluation.GzipBitsPerByte:0.000}), MaxVio {evaluation.MaxVio:0.00}");
}
