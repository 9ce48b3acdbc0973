using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Writes the data of an event for programs, with the keys of <c>train --json</c>.</summary>
internal static class EventData
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(HeldOutScored evaluation, long step) => Text(new()
    {
        ["step"] = step, ["loss"] = Number(evaluation.Loss), ["perplexity"] = Number(Math.Exp(evaluation.Loss)),
        ["bits_per_byte"] = Number(evaluation.BitsPerByte),
        ["gzip_bits_per_byte"] = Number(evaluation.GzipBitsPerByte), ["max_vio"] = Number(evaluation.MaxVio),
        ["mean_max_vio"] = Number(evaluation.MeanMaxVio),
        ["tokens"] = evaluation.Tokens, ["seconds"] = Number(evaluation.Seconds),
    });

    public static string Of(EvaluationOmitted omitted) =>
        Text(new() { ["tokens_found"] = omitted.TokensFound, ["tokens_needed"] = omitted.TokensNeeded });

    public static string Of(CheckpointSaved saved, long step) => Text(new()
    {
        ["step"] = step, ["directory"] = saved.Directory, ["bytes"] = saved.Bytes, ["seconds"] = Number(saved.Seconds),
        ["held_up_seconds"] = Number(saved.HeldUpSeconds),
        ["not_removed"] = new JsonArray([.. saved.NotRemoved.Select(problem => JsonValue.Create(problem))]),
    });

    public static string Of(Failed failed) => Text(new()
    {
        ["rank"] = failed.Rank, ["operation"] = failed.Operation, ["cause"] = FailureText.Word(failed.Cause), ["message"] = failed.Message,
        ["culprit"] = failed.Consequence ? failed.Culprit : failed.Rank, ["detail"] = failed.Detail,
    });

    private static string Text(JsonObject fields) => fields.ToJsonString(Readable);

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
