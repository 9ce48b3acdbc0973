using System.Collections.Frozen;

namespace Distributed.Data.Corpora;

/// <summary>
/// Which documents are kept for evaluation: a function of the document alone, so it is the same in every run, on
/// every machine, and stays so when a corpus grows.
/// </summary>
/// <param name="threshold">Documents that belong to no group are held out where their hash is below, of 2^64.</param>
public sealed class HoldOut(UInt128 threshold)
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

    /// <summary>Whether the document is for evaluation only.</summary>
    public bool Holds(Document document) => document.Group is { } group ? HoldsGroup(group) : Rank(document) < threshold;

    /// <summary>Whether all documents of the group are for evaluation only.</summary>
    public static bool HoldsGroup(string group) => HeldOutNamespaces.Contains(group);

    /// <summary>Where a document stands between 0 and 2^64: the low half of its hash.</summary>
    public static ulong Rank(Document document) => (ulong)Deduplication.HashOf(document.Text);
}
