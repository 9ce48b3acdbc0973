using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Distributed.Configuration.Keys;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class JobKeysTests
{
    [Fact]
    public void Page_TableOfKeys_IsThatOfTheDeclarations()
    {
        var table = KeyDescription.Table(JobKeys.Describe());

        Assert.True(File.ReadAllText(Page()).Contains(table, StringComparison.Ordinal), $"Replace the table of {Page()} by:\n{table}");
    }

    [Fact]
    public void Meaning_OfAKey_IsTheSummaryOfItsProperty()
    {
        var summaries = Summaries();
        var compared = JobKeys.Describe().Where(key => summaries.ContainsKey(PropertyOf(key.Name))).ToArray();

        Assert.True(compared.Length > 40, $"Only {compared.Length} keys have a property with a summary.");
        Assert.All(compared, key => Assert.Equal(summaries[PropertyOf(key.Name)], key.Meaning));
    }

    [Fact]
    public void Describe_EveryKeyOfAWrittenJob_IsListed()
    {
        var listed = JobKeys.Describe().Select(key => key.Name).ToHashSet();
        var written = JobFile.Parse(JobText.Small, "small.yaml").ToJson();

        foreach (var (section, value) in written)
        {
            if (section is "model" || value is not JsonObject keys) Assert.Contains(section, listed);
            else Assert.All(keys, key => Assert.Contains($"{section}.{key.Key}", listed));
        }
    }

    // training.warmup_steps is TrainingSection.WarmupSteps, and seed is TrainingJob.Seed.
    private static string PropertyOf(string key)
    {
        var (section, name) = key.Split('.') is [var before, var last] ? ($"{Pascal(before)}Section", last) : ("TrainingJob", key);
        return $"P:Distributed.Training.Jobs.{section}.{Pascal(name)}";
    }

    private static string Pascal(string words) =>
        string.Concat(words.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    // The summaries of the section's properties in the documentation file; code is in backticks. The network and sections have other texts.
    private static Dictionary<string, string> Summaries() =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Distributed.Training.xml")).Descendants("member")
            .Where(member => member.Attribute("name")!.Value is not "P:Distributed.Training.Jobs.TrainingJob.Model")
            .Where(member => member.Attribute("name")!.Value.StartsWith("P:Distributed.Training.Jobs.", StringComparison.Ordinal))
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Text(member.Element("summary")!));

    private static string Text(XElement summary)
    {
        foreach (var code in summary.Elements("c").ToArray()) code.ReplaceWith(new XText($"`{code.Value}`"));
        return string.Join(' ', summary.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Page([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "../../../../shared/Training/Jobs/README.md"));
}
