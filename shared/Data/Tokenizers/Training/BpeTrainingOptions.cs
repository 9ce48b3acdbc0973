using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>How a tokenizer is trained.</summary>
public sealed record BpeTrainingOptions
{
    /// <summary>The smallest vocabulary: the 256 bytes and the end of text.</summary>
    public const int SmallestVocabulary = 257;

    public const int LargestVocabulary = 1 << 20;

    /// <summary>
    /// Tokens in all: 256 bytes, the merges' products, and the special tokens. A small corpus may run out of pairs
    /// before; then there are fewer. From 257 to 1048576.
    /// </summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>A pair that occurs less often is not merged. At least 1.</summary>
    public int MinimumPairCount { get; init; } = 2;

    /// <summary>The expression whose matches, and what lies between them, are the pieces that merges stay within.</summary>
    public string Pattern { get; init; } = Patterns.Default;

    /// <summary>Tokens matched as a whole; they get the last ids, in this order.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [BpeTokenizer.EndOfText];

    /// <summary>
    /// Pieces of more bytes teach nothing about words (they are data in letters) and would make every merge slow:
    /// they are not counted. At least 2.
    /// </summary>
    public int LongestPieceBytes { get; init; } = 256;

    /// <summary>Everything that is wrong, each as "key value: what is allowed"; empty where all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        var smallest = 256 + Math.Max(1, SpecialTokens.Count);
        if (VocabularySize < smallest || VocabularySize > LargestVocabulary)
        {
            problems.Add($"VocabularySize is {VocabularySize}: allowed are {smallest} (256 bytes and the special tokens) to {LargestVocabulary}");
        }

        if (MinimumPairCount < 1)
        {
            problems.Add($"MinimumPairCount is {MinimumPairCount}: allowed are 1 and more");
        }

        if (LongestPieceBytes < 2)
        {
            problems.Add($"LongestPieceBytes is {LongestPieceBytes}: allowed are 2 and more");
        }

        if (SpecialTokens.Any(string.IsNullOrEmpty) || SpecialTokens.Distinct(StringComparer.Ordinal).Count() != SpecialTokens.Count)
        {
            problems.Add($"SpecialTokens are [{string.Join(", ", SpecialTokens)}]: they must be different from each other, and none of them empty");
        }

        try
        {
            _ = new CodePointRegex(Pattern);
        }
        catch (ArgumentException e)
        {
            problems.Add($"Pattern is {Pattern}: it must be a .NET regular expression ({e.Message.TrimEnd('.')})");
        }

        return problems;
    }
}
