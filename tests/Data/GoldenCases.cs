using System.Runtime.CompilerServices;

namespace Distributed.Data.Tests;

/// <summary>Where the golden cases lie: GOLDEN_DIR, or tests/golden of this checkout.</summary>
internal static class GoldenCases
{
    public static string Root => Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } given ? given : Checkout();

    private static string Checkout([CallerFilePath] string source = "")
    {
        // The source path is right where the tests are run on the machine that built them; else look upwards from the assembly.
        var candidates = new List<string?> { Path.GetDirectoryName(Path.GetDirectoryName(source)) };
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            candidates.Add(Path.Combine(folder.FullName, "tests"));
        }

        return candidates.Where(folder => folder is not null).Select(folder => Path.Combine(folder!, "golden")).First(Directory.Exists);
    }
}
