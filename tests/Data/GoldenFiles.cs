namespace Distributed.Data.Tests;

/// <summary>The tokenizers that the repository brings along, for tests that name one. Whoever tests further cases does so elsewhere.</summary>
internal static class GoldenFiles
{
    /// <summary><c>tests/golden</c> of this checkout.</summary>
    public static string Folder { get; } = Find();

    private static string Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Distributed.sln"))) root = root.Parent;
        return Path.Combine(root.FullName, "tests", "golden");
    }
}
