namespace Distributed.Data.Corpora.Documentation;

/// <summary>Classifies namespaces of the .NET API.</summary>
internal static class Namespaces
{
    /// <summary>
    /// Whether the documentation of a namespace is a listing and not prose: the per-architecture intrinsics are described by C prototypes
    /// and instruction mnemonics.
    /// </summary>
    public static bool IsListing(string name) => name.StartsWith("System.Runtime.Intrinsics.", StringComparison.Ordinal);
}
