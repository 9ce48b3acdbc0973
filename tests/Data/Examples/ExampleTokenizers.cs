using Distributed.Data.Examples.Templates;
using Distributed.Data.Tests.Tokenizers;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Tests.Examples;

internal static class ExampleTokenizers
{
    private const string Text = "the question and the answer, abab abab question answer question answer ";

    /// <summary>A tokenizer with role tokens, trained in milliseconds; it merges "a" and "b".</summary>
    public static BpeTokenizer WithRoles { get; } = BpeTrainer.Train(
        [Text, Text, TestTokenizers.Text], new() { VocabularySize = 400, SpecialTokens = RoleTokens.SpecialTokens }).Tokenizer;

    /// <summary>A tokenizer whose only special token is the end of text.</summary>
    public static BpeTokenizer WithoutRoles => TestTokenizers.Small;
}
