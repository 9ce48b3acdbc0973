using System.Text.Json.Nodes;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Output;

/// <summary>Warnings about what was asked for, before anything starts: a line on standard error, or an event of JSON.</summary>
internal static class Warnings
{
    /// <summary>Writes a job's warnings.</summary>
    public static void Write(CommandOutput shell, bool json, IEnumerable<JobWarning> warnings)
    {
        foreach (var warning in warnings) Write(shell, json, warning.Keys, warning.Text);
    }

    /// <summary>Writes one warning.</summary>
    /// <param name="shell">Where to.</param>
    /// <param name="json">Whether as an event.</param>
    /// <param name="keys">The keys or options that are concerned; none for what is found in the text.</param>
    /// <param name="text">What happens, and why.</param>
    public static void Write(CommandOutput shell, bool json, IReadOnlyList<string> keys, string text)
    {
        if (json)
        {
            var fields = new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]), ["message"] = text };
            new JsonLines(shell.Output).Write("warning", fields);
            return;
        }

        shell.Error.WriteLine($"warning: {string.Concat(string.Join(", ", keys), keys.Count > 0 ? ": " : "")}{text}");
    }
}
