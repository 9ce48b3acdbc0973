using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Tests.Tokenizers;

internal static class TestTokenizers
{
    public const string Text = "The merger merges the most frequent pairs; the pairs that merge are the frequent ones. "
        + "12345 naïve café 深度学习 深度 𝐀𝐁 𝐀𝐁 don't don't\n\n";

    /// <summary>A tokenizer trained on a few sentences in milliseconds.</summary>
    public static BpeTokenizer Small { get; } = BpeTrainer.Train([Text, Text], new() { VocabularySize = 400 }).Tokenizer;
}
