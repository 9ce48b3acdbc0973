namespace Distributed.Data.Corpora.Documentation;

/// <summary>What is known of namespaces as such.</summary>
internal static class Namespaces
{
    /// <summary>
    /// The per-architecture intrinsics are described by C prototypes and instruction mnemonics: a listing, not prose.
    /// </summary>
    public static bool IsListing(string name) => name.StartsWith("System.Runtime.Intrinsics.", StringComparison.Ordinal);
}
