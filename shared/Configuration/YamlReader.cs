using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Distributed.Configuration;

/// <summary>Builds JSON nodes from a YAML parser's events. It recurses no deeper than the limit on levels.</summary>
internal sealed class YamlReader(string text, DocumentLimits limits)
{
    private readonly IParser _parser = new Parser(new StringReader(text));
    private readonly Dictionary<string, long> _lines = [];
    private int _nodes;

    /// <summary>Line of every key by its dotted path, from 1.</summary>
    public IReadOnlyDictionary<string, long> Lines => _lines;

    /// <summary>The parser's current line, from 1.</summary>
    public long Line => _parser.Current?.End.Line ?? 1;

    /// <summary>Reads the text as one document; null if the text is empty.</summary>
    public JsonNode? Document()
    {
        Next(); // the stream's start
        if (Next() is StreamEnd) return null;
        var root = Node(Next(), "", level: 0).Node;
        End();
        return root;
    }

    /// <summary>Reads the text as one value.</summary>
    public JsonNode? Value()
    {
        Next();
        var first = Next() is DocumentStart ? Next() : null;
        if (first is null or Scalar { Style: ScalarStyle.Plain, Value: "" })
            throw new DocumentException("is empty; allowed: a value, or '' for an empty text");
        var (root, end) = Node(first, "", level: 0);
        // The parser reports the end of a list before its closing bracket.
        var after = text.AsSpan((int)Math.Min(end, text.Length));
        if (first is not Scalar && after is [']' or '}', ..]) after = after[1..];
        if (after.Trim() is { IsEmpty: false } rest)
            throw new DocumentException($"ends before \"{rest}\"; allowed: quotes around a text that has a '#' or a ':'");
        End();
        return root;
    }

    private void End()
    {
        Next(); // the document's end
        if (Next() is not StreamEnd and var more) throw Refused(more, "a second document begins here; allowed: one document");
    }

    private (JsonNode? Node, long End) Node(ParsingEvent first, string path, int level)
    {
        if (level > limits.Levels) throw Refused(first, $"more than {limits.Levels} levels of lists and sections");
        if (++_nodes > limits.Nodes) throw Refused(first, $"more than {limits.Nodes} values and keys");
        if (first is AnchorAlias) throw Refused(first, "aliases (*name) are not supported; write the value itself");
        if (first is NodeEvent { Anchor.IsEmpty: false }) throw Refused(first, "anchors (&name) are not supported; remove the anchor");
        if (first is NodeEvent { Tag.IsEmpty: false }) throw Refused(first, "tags (!name) are not supported; remove the tag");
        return first switch
        {
            Scalar scalar => (YamlScalar.Read(Text(scalar), scalar.Style), scalar.End.Index),
            SequenceStart => List(path, level),
            MappingStart => Section(path, level),
            _ => throw Refused(first, "not a value, a list or a section"),
        };
    }

    private (JsonNode Node, long End) List(string path, int level)
    {
        var list = new JsonArray();
        var next = Next();
        for (; next is not SequenceEnd; next = Next()) list.Add(Node(next, $"{path}[{list.Count}]", level + 1).Node);
        return (list, next.End.Index);
    }

    private (JsonNode Node, long End) Section(string path, int level)
    {
        var section = new JsonObject();
        var next = Next();
        for (; next is not MappingEnd; next = Next())
        {
            if (next is not Scalar { Anchor.IsEmpty: true, Tag.IsEmpty: true } key) throw Refused(next, "a key must be a word");
            var name = Text(key);
            if (++_nodes > limits.Nodes) throw Refused(next, $"more than {limits.Nodes} values and keys");
            if (section.ContainsKey(name)) throw Refused(next, $"the key {name} is repeated");
            var full = path.Length == 0 ? name : $"{path}.{name}";
            _lines[full] = key.Start.Line;
            section[name] = Node(Next(), full, level + 1).Node;
        }

        return (section, next.End.Index);
    }

    private ParsingEvent Next() => _parser.MoveNext() ? _parser.Current! : throw new DocumentException("it ends too early");

    // Escapes can express half of a surrogate pair and NUL; no path and no text of a job may have them.
    private static string Text(Scalar scalar)
    {
        for (var index = 0; index < scalar.Value.Length; index++)
        {
            if (scalar.Value[index] == '\0') throw Refused(scalar, "a NUL character is not allowed");
            if (!char.IsSurrogate(scalar.Value[index])) continue;
            if (index + 1 == scalar.Value.Length || !char.IsSurrogatePair(scalar.Value[index], scalar.Value[index + 1]))
                throw Refused(scalar, "half of a surrogate pair is not allowed");
            index++;
        }

        return scalar.Value;
    }

    private static DocumentException Refused(ParsingEvent at, string message) =>
        new($"unsupported YAML: {message}", at.Start.Line);
}
