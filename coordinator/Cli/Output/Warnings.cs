using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Output;

/// <summary>Writes warnings about a job or options before the command starts: as a line on standard error, or as a JSON event.</summary>
internal static class Warnings
{
    /// <summary>Writes a job's warnings.</summary>
    public static void Write(CommandOutput streams, bool json, IEnumerable<JobWarning> warnings)
    {
        foreach (var warning in warnings) Write(streams, json, warning.Keys, warning.Text);
    }

    /// <summary>Writes one warning.</summary>
    /// <param name="streams">Receives the warning.</param>
    /// <param name="json">Whether the warning is a JSON event.</param>
    /// <param name="keys">The job keys or options that the warning is about; empty for findings in the text.</param>
    /// <param name="text">The effect and its reason.</param>
    public static void Write(CommandOutput streams, bool json, IReadOnlyList<string> keys, string text)
    {
        if (json)
        {
            var fields = new JsonObject { ["keys"] = JsonFormat.List(keys), ["message"] = text };
            new JsonLines(streams.Output).Write("warning", fields);
            return;
        }

        streams.Error.WriteLine($"warning: {string.Concat(string.Join(", ", keys), keys.Count > 0 ? ": " : "")}{text}");
    }
}
