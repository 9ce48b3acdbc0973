using System.Text;
using System.Xml.Linq;

namespace Distributed.Data.Corpora.Documentation;

/// <summary>
/// The document of one type: a heading, then a paragraph per member. A line that occurred anywhere before is left out, because overloads
/// repeat one another verbatim; a member without remaining lines is left out too.
/// </summary>
internal sealed class TypeDocument(string type)
{
    private readonly StringBuilder _text = new();

    public string Type => type;

    /// <summary>Whether the type has no new lines, and so no document.</summary>
    public bool IsEmpty => _text.Length == 0;

    public void Add(MemberName name, XElement member, Deduplication seen)
    {
        var lines = member.Elements().SelectMany(Sentences).Where(seen.IsNew).ToList();
        if (lines.Count == 0)
        {
            return;
        }

        if (_text.Length == 0)
        {
            _text.Append(MemberName.Parse("T:" + type).ShortName);
        }

        if (name.Member.Length > 0)
        {
            _text.Append("\n\n").Append(name.ShortName);
        }

        foreach (var line in lines)
        {
            _text.Append('\n').Append(line);
        }
    }

    public override string ToString() => _text.ToString();

    private static IEnumerable<string> Sentences(XElement element)
    {
        var lines = Prose.Lines(element);
        if (lines.Count == 0)
        {
            return lines;
        }

        lines[0] = element.Name.LocalName switch
        {
            "param" or "typeparam" => $"The parameter {(string?)element.Attribute("name")}: {lines[0]}",
            "returns" or "value" => $"Returns: {lines[0]}",
            "exception" => $"Throws {MemberName.Parse((string?)element.Attribute("cref") ?? "T:Exception").ShortName}: {lines[0]}",
            _ => lines[0],
        };
        return lines;
    }
}
