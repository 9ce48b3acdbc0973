namespace Distributed.Integration.Tests.Layout;

/// <summary>Reads the text tables of this folder: one row per line, comments after '#'.</summary>
internal static class Table
{
    /// <summary>Rows of a table.</summary>
    /// <param name="name">File name in this folder.</param>
    /// <param name="separator">Text between two cells.</param>
    /// <param name="columns">Number of cells in every row.</param>
    /// <exception cref="InvalidDataException">A row has another number of cells, or an empty one.</exception>
    public static IEnumerable<string[]> Read(string name, string separator, int columns)
    {
        var file = Path.Combine("tests", "Integration", "Layout", name);
        foreach (var (number, text) in SourceFiles.Lines(file))
        {
            if (text.Length == 0 || text.StartsWith('#')) continue;
            var row = text.Split(separator, StringSplitOptions.TrimEntries);
            if (row.Length != columns || row.Contains("")) throw new InvalidDataException($"{file}:{number}: {columns} cells are needed.");
            yield return row;
        }
    }
}
