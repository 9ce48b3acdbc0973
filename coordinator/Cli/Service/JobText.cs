using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Spectre.Console;

namespace Distributed.Cli.Service;

/// <summary>Formats the jobs of a coordinator as text.</summary>
internal static class JobText
{
    /// <summary>Formats a job as one line.</summary>
    public static string Line(JsonObject job) => $"{job["id"]}: {job["state"]}{Because(job)}";

    /// <summary>Writes all details of a job.</summary>
    /// <param name="streams">Receives the text.</param>
    /// <param name="job">The job, as the API returns it.</param>
    /// <param name="because">Whether the first line contains the reason of the state.</param>
    public static void Write(CommandOutput streams, JsonObject job, bool because = true)
    {
        streams.Output.WriteLine(because ? Line(job) : $"{job["id"]}: {job["state"]}");
        var workers = Amount.Of((long)job["workers"]!, "worker");
        streams.Output.WriteLine($"step {job["step"]} of {job["steps"]}, {job["workers_held"]} of {workers}{Lost(job)}");
        var (started, ended) = (job["started"] is { } start ? $", started {start}" : "", job["ended"] is { } end ? $", ended {end}" : "");
        streams.Output.WriteLine($"submitted {job["submitted"]}{started}{ended}");
        foreach (var warning in job["warnings"] as JsonArray ?? [])
        {
            var keys = (warning!["keys"] as JsonArray ?? []).Select(key => $"{key}");
            streams.Output.WriteLine($"warning: {string.Join(", ", keys)}: {warning["message"]}");
        }

        if (job["checkpoint"] is { } checkpoint) streams.Output.WriteLine($"checkpoint: {checkpoint} (step {job["checkpoint_step"]})");
    }

    /// <summary>Writes a table of jobs.</summary>
    public static void Write(CommandOutput streams, JsonArray jobs)
    {
        if (jobs.Count == 0)
        {
            streams.Output.WriteLine($"no jobs; submit a job with: {CommandLine.Invocation} submit job.yaml");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("job").AddColumn("state").AddColumn("step").AddColumn("workers")
            .AddColumn("submitted").AddColumn("reason");
        foreach (var job in jobs.OfType<JsonObject>())
            table.AddRow(
                [.. new[] { $"{job["id"]}", $"{job["state"]}", $"{job["step"]}/{job["steps"]}", $"{job["workers_held"]}/{job["workers"]}",
                    $"{job["submitted"]}", $"{job["reason"]}" }.Select(Markup.Escape)]);
        streams.Console.Write(table);
    }

    /// <summary>Formats an entry of a job's log.</summary>
    public static string Entry(JsonObject entry)
    {
        if (entry["text"] is { } text) return $"{Clock(entry)} {text}";
        return StepText.Of((long)entry["step"]!, Number(entry, "loss"), Number(entry, "tokens_per_second"),
            Number(entry, "exchange_seconds") / Number(entry, "seconds"), Number(entry, "max_vio"), Number(entry, "learning_rate"));
    }

    private static string Lost(JsonObject job) =>
        (long?)job["steps_lost"] is > 0 and var lost ? $", {Amount.Of(lost, "committed step")} lost" : "";

    private static double Number(JsonObject entry, string name) => (double?)entry[name] ?? double.NaN;

    private static string Clock(JsonObject entry) => DateTimeOffset.Parse((string)entry["at"]!, CultureInfo.InvariantCulture).UtcDateTime
        .ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Because(JsonObject job) => (string?)job["reason"] is { Length: > 0 } reason ? $" ({reason})" : "";
}
