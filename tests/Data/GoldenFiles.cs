namespace Distributed.Data.Tests;

/// <summary>Finds the golden files of the repository, such as its tokenizers.</summary>
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
