using System.Text.Json;
using Distributed.Data.Tokenizers;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks token ids and decoded text of many strings.</summary>
internal static class TokenizerFamily
{
    public static void Check(GoldenCase golden)
    {
        var kind = golden.Json("tokenizer.json")["model"]?["type"]?.ToString() ?? "BPE";
        if (kind != "BPE") GoldenTests.NotYet(golden, $"tokenizer model {kind}");
        var tokenizer = BpeTokenizer.Load(golden.Folder);
        var strings = new Settings($"{golden.Name}/expected.json: cases", golden.Json("expected.json")["cases"]).Items;
        Assert.True(strings.Count > 0, $"{golden.Name}: expected.json has no cases.");
        foreach (var expected in strings)
        {
            var text = expected["text"].Text ?? "";
            var where = JsonSerializer.Serialize(text);
            var ids = tokenizer.Encode(text).ToArray();
            var wanted = expected["ids"].Items.Select(id => (int)(id.AsNumber ?? -1)).ToArray();
            Assert.True(ids.SequenceEqual(wanted), $"ids of {where}: {string.Join(", ", ids)}; expected {string.Join(", ", wanted)}");
            if (expected.Has("decoded")) Assert.Equal(expected["decoded"].Text, tokenizer.Decode(ids));
            if (expected.Has("decoded_skip_special"))
                Assert.Equal(expected["decoded_skip_special"].Text, tokenizer.Decode(ids, skipSpecial: true));
        }
    }
}
