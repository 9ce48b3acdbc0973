using System.Text.Json;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>Ids and texts that Hugging Face's tokenizer gave for the same files.</summary>
[Trait("Category", "Golden")]
public sealed class GoldenTokenizerTests
{
    public static TheoryData<string> Cases => [.. Directory.EnumerateDirectories(GoldenCases.Root)
        .Where(folder => File.Exists(Path.Combine(folder, "case.json")) && Family(folder) == "tokenizer")
        .Select(folder => Path.GetFileName(folder)!)
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tokenizer_GoldenStrings_SameIdsAndTexts(string name)
    {
        var folder = Path.Combine(GoldenCases.Root, name);
        var tokenizer = BpeTokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        var cases = expected.RootElement.GetProperty("cases");
        Assert.NotEqual(0, cases.GetArrayLength());
        foreach (var golden in cases.EnumerateArray())
        {
            var text = golden.GetProperty("text").GetString()!;
            var ids = golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
            var where = JsonSerializer.Serialize(text);
            Assert.True(ids.SequenceEqual(tokenizer.Encode(text)), $"{where}: [{string.Join(",", ids)}] became [{string.Join(",", tokenizer.Encode(text))}]");
            Assert.Equal(golden.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.Equal(golden.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(ids, skipSpecial: true));
        }
    }

    private static string? Family(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return json.RootElement.GetProperty("family").GetString();
    }
}
