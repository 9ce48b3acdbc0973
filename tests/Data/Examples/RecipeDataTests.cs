using System.Runtime.CompilerServices;

namespace Distributed.Data.Tests.Examples;

/// <summary>The data of the recipes in deploy/jobs. With WRITE_RECIPE_DATA=1 in the environment, the test writes the files.</summary>
public sealed class RecipeDataTests
{
    public static TheoryData<string> Files =>
        ["sums-chats.jsonl", "sums-chats-held-out.jsonl", "sums-pairs.jsonl", "sums-pairs-held-out.jsonl"];

    [Theory]
    [MemberData(nameof(Files))]
    public void RecipeData_IsWhatItsRuleGives(string file)
    {
        var path = Path.Combine(Folder(), file);
        var heldOut = file.Contains("held-out", StringComparison.Ordinal);
        var count = heldOut ? 200 : 2000;
        var isChats = file.Contains("chats", StringComparison.Ordinal);
        var lines = isChats ? SumChats.Chats(count, heldOut) : SumChats.Preferences(count, heldOut);
        var text = string.Join('\n', lines) + "\n";
        if (Environment.GetEnvironmentVariable("WRITE_RECIPE_DATA") == "1") File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "../../../../deploy/jobs/data"));
}
