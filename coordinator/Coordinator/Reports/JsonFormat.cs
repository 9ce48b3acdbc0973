using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Coordinator.Reports;

/// <summary>The form of all JSON for users: <c>--json</c>, stored events and the API.</summary>
public static class JsonFormat
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns JSON as text on one line; characters outside ASCII are not escaped.</summary>
    public static string Text(JsonNode json) => json.ToJsonString(Readable);

    /// <summary>Returns a JSON number; null if the value is not finite, which JSON cannot represent.</summary>
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>Returns an array of texts.</summary>
    public static JsonArray List(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];

    /// <summary>Returns the name of a value of an enumeration, such as <c>worker_lost</c>.</summary>
    public static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
