using System.Text;
using System.Xml.Linq;

namespace Distributed.Data.Corpora.Documentation;

/// <summary>Converts the XML of a documentation comment to lines of plain text.</summary>
internal static class Prose
{
    /// <summary>The paragraphs of an element, without markup, with white space collapsed, and without empty ones.</summary>
    public static List<string> Lines(XElement element)
    {
        var text = new StringBuilder();
        Append(element, text);
        return text.ToString().Split('\n').Select(Collapse).Where(line => line.Length > 0).ToList();
    }

    private static void Append(XElement element, StringBuilder text)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText { Value: var value }:
                    // A blank line in the source separates paragraphs; a single line end is a space.
                    text.Append(value.Replace("\r", "").Replace("\n\n", "\u2029").Replace('\n', ' ').Replace('\u2029', '\n'));
                    break;
                case XElement child:
                    AppendElement(child, text);
                    break;
            }
        }
    }

    private static void AppendElement(XElement child, StringBuilder text)
    {
        switch (child.Name.LocalName)
        {
            case "see" or "seealso" or "xref":
                AppendReference(child, text);
                break;
            case "paramref" or "typeparamref":
                text.Append((string?)child.Attribute("name"));
                break;
            case "para" or "p" or "li" or "item" or "listheader" or "br":
                text.Append('\n');
                Append(child, text);
                text.Append('\n');
                break;
            case "term":
                Append(child, text);
                text.Append(child.ElementsAfterSelf("description").Any() ? ": " : "");
                break;
            case "sup":
                text.Append('^');
                Append(child, text);
                break;
            default:
                Append(child, text);
                break;
        }
    }

    private static void AppendReference(XElement reference, StringBuilder text)
    {
        if (reference.Nodes().Any())
        {
            Append(reference, text);
        }
        else if ((string?)reference.Attribute("langword") is { } word)
        {
            text.Append(word);
        }
        else if ((string?)(reference.Attribute("cref") ?? reference.Attribute("uid")) is { Length: > 2 } id)
        {
            text.Append(MemberName.Parse(id).ShortName);
        }
        else
        {
            text.Append((string?)reference.Attribute("href"));
        }
    }

    private static string Collapse(string line)
    {
        var text = new StringBuilder(line.Length);
        foreach (var unit in line)
        {
            if (!char.IsWhiteSpace(unit))
            {
                text.Append(unit);
            }
            else if (text.Length > 0 && text[^1] != ' ')
            {
                text.Append(' ');
            }
        }

        return text.ToString().TrimEnd();
    }
}
