using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Cli.Output;

/// <summary>One JSON object per line, each with an <c>event</c> key; README.md beside the project lists them.</summary>
internal sealed class JsonLines(TextWriter output)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one line.</summary>
    public void Write(string name, JsonObject fields)
    {
        var line = new JsonObject { ["event"] = name };
        foreach (var (key, value) in fields.ToArray())
        {
            fields.Remove(key);
            line[key] = value;
        }

        output.WriteLine(line.ToJsonString(Readable));
        output.Flush();
    }

    /// <summary>A number; JSON has none that is not finite.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
