using Distributed.Data.Tokenizers;

namespace Distributed.Parity.Tests.Families;

/// <summary>Ids and decoded text of many strings.</summary>
internal static class TokenizerFamily
{
    public static void Check(GoldenCase golden)
    {
        var kind = golden.Json("tokenizer.json")["model"]?["type"]?.ToString();
        if (kind != "BPE") GoldenTests.NotYet(golden, $"tokenizer model {kind}");
        var tokenizer = BpeTokenizer.Load(golden.Folder);
        foreach (var expected in golden.Json("expected.json")["cases"]!.AsArray())
        {
            var text = expected!["text"]!.GetValue<string>();
            var ids = tokenizer.Encode(text).ToArray();
            Assert.True(ids.SequenceEqual(expected["ids"]!.AsArray().Select(id => id!.GetValue<int>())), $"ids of \"{text}\": {string.Join(", ", ids)}");
            Assert.Equal(expected["decoded"]!.GetValue<string>(), tokenizer.Decode(ids));
            Assert.Equal(expected["decoded_skip_special"]!.GetValue<string>(), tokenizer.Decode(ids, skipSpecial: true));
        }
    }
}
