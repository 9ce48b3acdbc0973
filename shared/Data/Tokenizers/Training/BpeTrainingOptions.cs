using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers.Training;

/// <summary>Options for training a tokenizer.</summary>
public sealed record BpeTrainingOptions
{
    /// <summary>The smallest vocabulary: the 256 bytes and the end-of-text token.</summary>
    public const int SmallestVocabulary = 257;

    public const int LargestVocabulary = 1 << 20;

    /// <summary>
    /// Total number of tokens: 256 bytes, the products of the merges, and the special tokens. The result has fewer if a small corpus runs
    /// out of pairs. From 257 to 1048576.
    /// </summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Pairs that occur less often than this are not merged. At least 1.</summary>
    public int MinimumPairCount { get; init; } = 2;

    /// <summary>The regular expression whose matches, and the text between them, are the pieces. Merges stay within a piece.</summary>
    public string Pattern { get; init; } = Patterns.Default;

    /// <summary>Tokens that are matched as a whole; they have the last ids, in this order.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [BpeTokenizer.EndOfText];

    /// <summary>
    /// Longer pieces, in bytes, are not counted: they are encoded data rather than words, and would slow down every merge. At least 2.
    /// </summary>
    public int LongestPieceBytes { get; init; } = 256;

    /// <summary>Finds all problems, each as "key is value: allowed values"; empty if there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        var smallest = 256 + Math.Max(1, SpecialTokens.Count);
        if (VocabularySize < smallest || VocabularySize > LargestVocabulary)
        {
            problems.Add(
                $"VocabularySize is {VocabularySize}: allowed: {smallest} (256 bytes and the special tokens) to {LargestVocabulary}");
        }

        if (MinimumPairCount < 1)
        {
            problems.Add($"MinimumPairCount is {MinimumPairCount}: allowed: at least 1");
        }

        if (LongestPieceBytes < 2)
        {
            problems.Add($"LongestPieceBytes is {LongestPieceBytes}: allowed: at least 2");
        }

        if (SpecialTokens.Any(string.IsNullOrEmpty) || SpecialTokens.Distinct(StringComparer.Ordinal).Count() != SpecialTokens.Count)
        {
            problems.Add($"SpecialTokens are [{string.Join(", ", SpecialTokens)}]: they must be distinct and not empty");
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
