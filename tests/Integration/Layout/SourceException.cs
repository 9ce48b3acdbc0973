namespace Distributed.Integration.Tests.Layout;

/// <summary>A line that breaks a rule of the sources deliberately.</summary>
/// <param name="File">Path relative to the root.</param>
/// <param name="Text">Part of the line that identifies it.</param>
/// <param name="Reason">Why the line stays.</param>
internal sealed record SourceException(string File, string Text, string Reason)
{
    /// <summary>All exceptions, as SourceExceptions.txt lists them.</summary>
    public static IReadOnlyList<SourceException> All { get; } =
        [.. Table.Read("SourceExceptions.txt", " | ", 3).Select(row => new SourceException(row[0], row[1], row[2]))];

    /// <summary>Whether this exception covers a line.</summary>
    public bool Covers(string file, string line) => file == File && line.Contains(Text, StringComparison.Ordinal);
}
