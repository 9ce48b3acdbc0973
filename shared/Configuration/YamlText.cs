using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;

namespace Distributed.Configuration;

/// <summary>
/// One YAML document as JSON nodes, with the line of every key. JSON is YAML too. Size, nesting and number of nodes are checked on the
/// parser's events, before a node is built; anchors, aliases, tags and a second document are refused.
/// </summary>
public sealed class YamlText
{
    private readonly IReadOnlyDictionary<string, long> _lines;

    private YamlText(JsonNode? root, IReadOnlyDictionary<string, long> lines) => (Root, _lines) = (root, lines);

    /// <summary>The document; null if it is empty. A number keeps its written digits.</summary>
    public JsonNode? Root { get; }

    /// <summary>Line of the key with this dotted path, from 1; null if the text does not have the key.</summary>
    public long? LineOf(string path) => _lines.TryGetValue(path, out var line) ? line : null;

    /// <summary>Reads a document.</summary>
    /// <exception cref="DocumentException">The text is not YAML, repeats a key, or exceeds <paramref name="limits"/>.</exception>
    public static YamlText Parse(string text, DocumentLimits limits) => Read(text, limits, isValue: false);

    /// <summary>Reads one value of an option; no comment or other text may follow it.</summary>
    /// <exception cref="DocumentException">The text is not one value, is empty, or exceeds <paramref name="limits"/>.</exception>
    public static YamlText ParseValue(string text, DocumentLimits limits) => Read(text, limits, isValue: true);

    private static YamlText Read(string text, DocumentLimits limits, bool isValue)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > limits.Bytes) throw new DocumentException($"it has {bytes} bytes; allowed: at most {limits.Bytes}");
        var reader = new YamlReader(text, limits);
        try
        {
            return new YamlText(isValue ? reader.Value() : reader.Document(), reader.Lines);
        }
        catch (YamlException error)
        {
            var message = (error.InnerException?.Message ?? error.Message).TrimEnd('.');
            throw new DocumentException($"not YAML: {message}", error.Start.Line, error);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // The parser throws these for some invalid texts.
            throw new DocumentException("not YAML: a character or an escape is not allowed at its position", reader.Line, error);
        }
    }
}
