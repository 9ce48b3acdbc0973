namespace Distributed.Data.Preparation;

/// <summary>What prepared data is, where that is not what the options ask for.</summary>
public static class PreparationNotices
{
    /// <summary>Says that a trained tokenizer is smaller than asked for; null if it is not.</summary>
    public static string? SmallerVocabulary(int found, int wanted) => found >= wanted ? null :
        $"The tokenizer has {found} tokens instead of the {wanted} asked for: no further pair of tokens occurs twice in the words of the training text (pieces of at most 256 bytes). More text gives more tokens.";

    internal static IEnumerable<string> Of(DataSummary summary, DataOptions options)
    {
        if (summary.HeldOutFromDocument)
        {
            yield return $"There are too few documents to hold out a whole one. The end of the longest is held out instead: {summary.EvaluationBytes} bytes, {summary.EvaluationTokens} tokens.";
        }
        else if (summary.EvaluationDocuments == 0 && options.EvaluationFraction > 0)
        {
            yield return $"The text is too short for a part of it to be held out, so there is no evaluation: it has {summary.TrainBytes} bytes, {summary.TrainTokens} tokens.";
        }

        if (summary.TokenizerTrained && SmallerVocabulary(summary.VocabularySize, options.VocabularySize) is { } smaller)
        {
            yield return smaller;
        }
    }
}
