using System.Collections.Frozen;

namespace Distributed.Data.Corpora;

/// <summary>
/// What is kept for evaluation: a function of the document alone, so it is the same in every run and on every machine, and
/// stays so when a corpus grows.
/// </summary>
/// <param name="threshold">Documents that belong to no group are held out where their hash is below, of 2^64.</param>
/// <param name="cut">The one document of which only the end is held out; null for none.</param>
public sealed class HoldOut(UInt128 threshold, DocumentCut? cut = null)
{
    // Of the default corpus: mid-sized namespaces of every area, whose neighbours are learnt from; about 5 % of the text.
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

    /// <summary>Holds out a fraction of the documents that belong to no group.</summary>
    /// <param name="fraction">From 0 to below 1.</param>
    public static HoldOut Fraction(double fraction) => new((UInt128)(fraction * Math.Pow(2, 64)));

    /// <summary>The document's parts, and whether each is for evaluation only; one part unless the document is the one that is cut.</summary>
    public IEnumerable<(Document Part, bool HeldOut)> Split(Document document)
    {
        if (cut is null || document.Group is not null || Rank(document) != cut.Rank)
        {
            return [(document, Holds(document))];
        }

        var (head, tail) = (document.Text[..cut.At], document.Text[cut.At..]);
        return [(new Document(head), false), (new Document(tail), true)];
    }

    /// <summary>Whether the document is for evaluation only.</summary>
    public bool Holds(Document document) => document.Group is { } group ? HoldsGroup(group) : Rank(document) < threshold;

    /// <summary>Whether all documents of the group are for evaluation only.</summary>
    public static bool HoldsGroup(string group) => HeldOutNamespaces.Contains(group);

    /// <summary>Where a document stands between 0 and 2^64: the low half of its hash.</summary>
    public static ulong Rank(Document document) => (ulong)Deduplication.HashOf(document.Text);
}
