using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;

namespace Distributed.Cli.Output;

/// <summary>Writes one JSON object per line, each with an <c>event</c> key. The README.md of the project lists the events.</summary>
internal sealed class JsonLines(TextWriter output)
{
    /// <summary>Writes one line and moves the fields into it.</summary>
    public void Write(string name, JsonObject fields)
    {
        var line = new JsonObject { ["event"] = name };
        foreach (var (key, value) in fields.ToArray())
        {
            fields.Remove(key);
            line[key] = value;
        }

        output.WriteLine(JsonFormat.Text(line));
        output.Flush();
    }
}
