using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;

namespace Distributed.Configuration;

/// <summary>
/// The lossless part of the core schema of YAML 1.2: a plain word is null, a boolean or a number if it is one in JSON, so that it can be
/// written again unchanged. Every other plain word is text (007, 1_000, True), and so is every quoted word.
/// </summary>
internal static partial class YamlScalar
{
    public static JsonNode? Read(string text, ScalarStyle style)
    {
        if (style != ScalarStyle.Plain) return text;
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" => true,
            "false" => false,
            _ => JsonNumber().IsMatch(text) ? JsonValue.Create(JsonElement.Parse(text)) : text,
        };
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();
}
