using System.Runtime.CompilerServices;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class RecipeTests
{
    // Paths of recipes are relative to the root of the repository, and runs/sft-chat does not exist yet.
    private static readonly string[] Checkpoints = ["checkpoint.initial", "objective.teacher"];

    public static TheoryData<string> Recipes =>
        [.. Directory.EnumerateFiles(Folder(), "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_IsAValidJobNamedLikeItsFile(string file)
    {
        var path = Path.Combine(Folder(), file);
        var (job, warnings) = JobFile.Read(path, Overrides(File.ReadAllText(path)));

        Assert.Equal(Path.GetFileNameWithoutExtension(file), job.Name);
        Assert.Equal($"runs/{job.Name}", job.Checkpoint.Directory);
        Assert.Empty(warnings);
    }

    private static string[] Overrides(string text)
    {
        string[] data =
        [
            .. text.Split('\n').Select(line => line.Split('#')[0].Trim().Split(": ")).Where(pair => pair.Length == 2)
                .Where(pair => pair[1].StartsWith("deploy/", StringComparison.Ordinal))
                .Select(pair => $"data.{pair[0]}={Path.Combine(Folder(), "../..", pair[1])}"),
        ];
        return [.. data, .. Checkpoints.Where(key => text.Contains($"{key.Split('.')[1]}: runs/sft-chat", StringComparison.Ordinal))
            .Select(key => $"{key}={Folder()}")];
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../../deploy/jobs"));
}
