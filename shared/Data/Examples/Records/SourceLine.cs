namespace Distributed.Data.Examples.Records;

/// <summary>The line of a file that an example was read from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">Number of the line, from 1.</param>
public readonly record struct SourceLine(string Path, long Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"Line {Number} of '{Path}'";
}
