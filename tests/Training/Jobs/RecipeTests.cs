using System.Runtime.CompilerServices;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class RecipeTests
{
    public static TheoryData<string> Recipes =>
        [.. Directory.EnumerateFiles(Folder(), "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_IsAValidJobNamedLikeItsFile(string file)
    {
        var (job, warnings) = JobFile.Read(Path.Combine(Folder(), file));

        Assert.Equal(Path.GetFileNameWithoutExtension(file), job.Name);
        Assert.Equal($"runs/{job.Name}", job.Checkpoint.Directory);
        Assert.Empty(warnings);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../deploy/jobs"));
}
