using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Cli.Output;
using Distributed.Coordinator.Jobs;
using Spectre.Console;

namespace Distributed.Cli.Service;

/// <summary>Jobs of a coordinator, for people.</summary>
internal static class JobText
{
    /// <summary>One line of a job.</summary>
    public static string Line(JsonObject job) => $"{job["id"]}: {job["state"]}{Because(job)}";

    /// <summary>A job in full.</summary>
    public static void Write(CommandOutput shell, JsonObject job, bool because = true)
    {
        shell.Output.WriteLine(because ? Line(job) : $"{job["id"]}: {job["state"]}");
        shell.Output.WriteLine($"step {job["step"]} of {job["steps"]}, {job["workers_held"]} of {Amount.Of((long)job["workers"]!, "worker")}{Lost(job)}");
        shell.Output.WriteLine($"submitted {job["submitted"]}{(job["started"] is { } started ? $", started {started}" : "")}{(job["ended"] is { } ended ? $", ended {ended}" : "")}");
        foreach (var warning in job["warnings"] as JsonArray ?? []) shell.Output.WriteLine($"warning: {string.Join(", ", (warning!["keys"] as JsonArray ?? []).Select(key => $"{key}"))}: {warning["message"]}");
        if (job["checkpoint"] is { } checkpoint) shell.Output.WriteLine($"checkpoint: {checkpoint} (step {job["checkpoint_step"]})");
    }

    /// <summary>Jobs in a table.</summary>
    public static void Write(CommandOutput shell, JsonArray jobs)
    {
        if (jobs.Count == 0)
        {
            shell.Output.WriteLine($"no jobs; submit one: {CommandLine.Invocation} submit job.yaml");
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).AddColumn("job").AddColumn("state").AddColumn("step").AddColumn("workers").AddColumn("submitted").AddColumn("because");
        foreach (var job in jobs.OfType<JsonObject>())
            table.AddRow([.. new[] { $"{job["id"]}", $"{job["state"]}", $"{job["step"]}/{job["steps"]}", $"{job["workers_held"]}/{job["workers"]}", $"{job["submitted"]}", $"{job["reason"]}" }.Select(Markup.Escape)]);
        shell.Console.Write(table);
    }

    /// <summary>An entry of a log.</summary>
    public static string Entry(JsonObject entry)
    {
        if (entry["text"] is { } text) return $"{Clock(entry)} {text}";
        var exchange = Number(entry, "exchange_seconds") / Number(entry, "seconds");
        return Format.Invariant($"step {(long)entry["step"]!,5}  loss {Number(entry, "loss"):0.0000}  {Number(entry, "tokens_per_second"),7:0} tokens/s  exchange {100 * exchange,3:0} %  MaxVio {Number(entry, "max_vio"):0.00}  rate {Number(entry, "learning_rate"):0.0e+0}");
    }

    private static string Lost(JsonObject job) => (long?)job["steps_lost"] is > 0 and var lost ? $", {Amount.Of(lost, "committed step")} lost" : "";

    private static double Number(JsonObject entry, string name) => (double?)entry[name] ?? double.NaN;

    private static string Clock(JsonObject entry) => DateTimeOffset.Parse((string)entry["at"]!, CultureInfo.InvariantCulture).UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Because(JsonObject job) => (string?)job["reason"] is { Length: > 0 } reason ? $" ({reason})" : "";
}
