using System.Collections.Frozen;

namespace Distributed.Data.Corpora;

/// <summary>
/// Determines which documents are held out for evaluation. The decision is a function of the document alone, so it is the same in every run
/// and on every machine, and does not change when a corpus grows.
/// </summary>
/// <param name="threshold">Documents without a group are held out if their <see cref="HashOf"/> is below this; 0 to 2^64.</param>
/// <param name="cut">The document of which only the end is held out; null for none.</param>
public sealed class HoldOut(UInt128 threshold, DocumentCut? cut = null)
{
    // Held-out namespaces of the default corpus: mid-sized ones from every area, whose related namespaces are trained on; about 5 % of the
    // text.
    private static readonly FrozenSet<string> HeldOutNamespaces = FrozenSet.ToFrozenSet(
    [
        "System.Collections.Concurrent",
        "System.ComponentModel.DataAnnotations",
        "System.Diagnostics.Tracing",
        "System.IO.Pipes",
        "System.Net.Http.Headers",
        "System.Net.WebSockets",
        "System.Runtime.InteropServices.Marshalling",
        "System.Security.Claims",
        "System.Text.Json.Nodes",
        "System.Threading.Channels",
        "System.Xml.XPath",
    ], StringComparer.Ordinal);

    /// <summary>Holds out a fraction of the documents without a group.</summary>
    /// <param name="fraction">The fraction, from 0 to below 1.</param>
    public static HoldOut Fraction(double fraction) => new((UInt128)(fraction * Math.Pow(2, 64)));

    /// <summary>The document's parts, and whether each is held out; one part unless this document is the one that is cut.</summary>
    public IEnumerable<(Document Part, bool HeldOut)> Split(Document document)
    {
        if (cut is null || document.Group is not null || HashOf(document) != cut.Hash)
        {
            return [(document, IsHeldOut(document))];
        }

        var (head, tail) = (document.Text[..cut.At], document.Text[cut.At..]);
        return [(new Document(head), false), (new Document(tail), true)];
    }

    /// <summary>Whether the document is held out.</summary>
    public bool IsHeldOut(Document document) => document.Group is { } group ? IsGroupHeldOut(group) : HashOf(document) < threshold;

    /// <summary>Whether all documents of the group are held out.</summary>
    public static bool IsGroupHeldOut(string group) => HeldOutNamespaces.Contains(group);

    /// <summary>The low 64 bits of the document's hash: a pseudo-random number that depends on the text only.</summary>
    public static ulong HashOf(Document document) => (ulong)Deduplication.HashOf(document.Text);
}
