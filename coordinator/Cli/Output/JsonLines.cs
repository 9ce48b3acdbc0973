using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Cli.Output;

/// <summary>Writes one JSON object per line, each with an <c>event</c> key. The README.md of the project lists the events.</summary>
internal sealed class JsonLines(TextWriter output)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one line and moves the fields into it.</summary>
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

    /// <summary>Returns a JSON number; null if the value is not finite, which JSON cannot represent.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
