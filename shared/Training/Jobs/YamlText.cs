using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Distributed.Training.Jobs;

/// <summary>YAML read into JSON nodes, with the line of every key. JSON is YAML too, so both kinds of job file read the same.</summary>
public sealed class YamlText
{
    private const int DeepestLevel = 16; // no job needs more; an alias within its own anchor would have no end

    private readonly Dictionary<string, long> _lines = [];

    private YamlText(YamlNode? root) => Root = root is null ? null : Convert(root, "", level: 0);

    /// <summary>The document; null when it is empty.</summary>
    public JsonNode? Root { get; }

    /// <summary>Line of the key with this dotted path, from 1; null when it is not in the text.</summary>
    public long? LineOf(string path) => _lines.TryGetValue(path, out var line) ? line : null;

    /// <summary>Reads a text.</summary>
    /// <exception cref="YamlException">The text is not YAML, a key stands twice, or its levels go too deep.</exception>
    public static YamlText Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return new YamlText(stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode);
    }

    private JsonNode? Convert(YamlNode node, string path, int level)
    {
        if (level > DeepestLevel) throw new YamlException(node.Start, node.End, $"more than {DeepestLevel} levels, or an alias inside of what it stands for");
        switch (node)
        {
            case YamlScalarNode scalar: return Scalar(scalar);
            case YamlSequenceNode list: return new JsonArray([.. list.Children.Select((item, index) => Convert(item, $"{path}[{index}]", level + 1))]);
            case YamlMappingNode map:
                var json = new JsonObject();
                foreach (var (key, value) in map.Children)
                {
                    var name = key is YamlScalarNode { Value: { } text } ? text : throw new YamlException(key.Start, key.End, "a key must be a word");
                    var full = path.Length == 0 ? name : $"{path}.{name}";
                    _lines[full] = key.Start.Line;
                    json[name] = Convert(value, full, level + 1);
                }

                return json;
            default: throw new YamlException(node.Start, node.End, "not a value, a list or a section");
        }
    }

    // The core schema of YAML 1.2: a plain word is null, a flag or a number where it looks like one; a quoted one is text.
    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain) return text;
        if (text is "" or "~" or "null" or "Null" or "NULL") return null;
        if (text is "true" or "True" or "TRUE") return true;
        if (text is "false" or "False" or "FALSE") return false;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (!text.Any(char.IsAsciiDigit)) return text; // neither Infinity nor NaN is a number here
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : text;
    }
}
