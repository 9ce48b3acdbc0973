using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Api;

/// <summary>
/// Converts views to the JSON of the API. Keys have underscores, times are ISO 8601 in UTC, and a number that is not finite is null.
/// </summary>
internal static class ApiJson
{
    public static JsonObject Of(WorkerView worker) => new()
    {
        ["name"] = worker.Id.Name, ["incarnation"] = worker.Id.Incarnation, ["state"] = JsonFormat.Word(worker.State), ["job"] = worker.Job,
        ["cores"] = worker.Cores,
        ["host"] = worker.Host, ["exchange_address"] = worker.ExchangeAddress, ["program"] = worker.Program,
        ["joined"] = Time(worker.Joined),
    };

    public static JsonObject Of(JobView job, bool whole = false)
    {
        var kept = job.Stored;
        var json = new JsonObject
        {
            ["id"] = kept.Id, ["name"] = kept.Name, ["state"] = JsonFormat.Word(kept.State), ["reason"] = kept.Reason,
            ["failure_cause"] = FailureText.Word(kept.Cause),
            ["submitted"] = Time(kept.Submitted), ["started"] = Time(kept.Started), ["ended"] = Time(kept.Ended),
            ["workers"] = kept.Workers, ["workers_held"] = job.WorkersHeld, ["step"] = kept.Step, ["steps"] = kept.Steps,
            ["steps_lost"] = kept.StepsLost,
            ["checkpoint"] = kept.Checkpoint, ["checkpoint_step"] = kept.CheckpointStep, ["exit"] = kept.ExitStatus,
            ["warnings"] = List(job.Warnings,
                warning => new JsonObject { ["keys"] = JsonFormat.List(warning.Keys), ["message"] = warning.Text }),
        };
        if (whole) json["job"] = Parsed(kept.JobJson);
        return json;
    }

    public static JsonObject Of(StoredEvent happened) => new()
    {
        ["number"] = happened.Number, ["at"] = Time(happened.At), ["kind"] = happened.Kind, ["after_step"] = happened.AfterStep,
        ["text"] = happened.Text,
        ["data"] = happened.DataJson is null ? null : Parsed(happened.DataJson),
    };

    public static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> json) => [.. items.Select(json)];

    private static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    // Stored text may not be valid JSON; it is then returned as a string.
    private static JsonNode? Parsed(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(json);
        }
    }
}
