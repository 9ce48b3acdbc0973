using System.Text.Json.Nodes;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>Evaluations as JSON.</summary>
public static class EvaluationJson
{
    /// <summary>Returns the figures of an evaluation; those of a text are null if the loss is not that of next tokens.</summary>
    public static JsonObject Of(HeldOutScored evaluation) => MetricJson.With(evaluation.Metrics, new()
    {
        ["loss"] = JsonFormat.Number(evaluation.Loss),
        ["perplexity"] = OfText(evaluation, Math.Exp(evaluation.Loss)),
        ["bits_per_byte"] = OfText(evaluation, evaluation.BitsPerByte),
        ["gzip_bits_per_byte"] = OfText(evaluation, evaluation.GzipBitsPerByte),
        ["max_vio"] = JsonFormat.Number(evaluation.MaxVio),
        ["mean_max_vio"] = JsonFormat.Number(evaluation.MeanMaxVio),
        ["tokens"] = evaluation.Tokens,
        ["seconds"] = JsonFormat.Number(evaluation.Seconds),
    });

    private static JsonNode? OfText(HeldOutScored evaluation, double figure) =>
        evaluation.Metrics.Count == 0 ? JsonFormat.Number(figure) : null;

    /// <summary>Returns the reason why evaluations are omitted.</summary>
    public static JsonObject Of(EvaluationOmitted omitted) =>
        new() { ["tokens_found"] = omitted.TokensFound, ["tokens_needed"] = omitted.TokensNeeded };
}
