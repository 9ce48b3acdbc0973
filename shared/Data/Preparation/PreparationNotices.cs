using Distributed.Data.Corpora;

namespace Distributed.Data.Preparation;

/// <summary>What prepared data is, where that is not what the options ask for.</summary>
public static class PreparationNotices
{
    /// <summary>Says that a trained tokenizer is smaller than asked for; null if it is not.</summary>
    /// <param name="found">Its tokens.</param>
    /// <param name="wanted">The tokens asked for.</param>
    public static string? SmallerVocabulary(int found, int wanted) => found >= wanted
        ? null
        : $"The tokenizer has {found} tokens instead of the {wanted} asked for: no further pair of tokens occurs twice "
            + "in the words of the training text (pieces of at most 256 bytes). More text gives more tokens.";

    internal static IEnumerable<DataNotice> Of(DataSummary summary, DataOptions options, IEnumerable<ICorpus> corpora, IEnumerable<ICorpus> evaluation)
    {
        foreach (var message in corpora.Select(corpus => corpus.Notice).OfType<string>()) yield return new(nameof(DataOptions.Corpus), message);
        foreach (var message in evaluation.Select(corpus => corpus.Notice).OfType<string>()) yield return new(nameof(DataOptions.Evaluation), message);
        if (HeldOut(summary, options) is { } heldOut) yield return new(nameof(DataOptions.EvaluationFraction), heldOut);
        if (summary.TokenizerTrained && SmallerVocabulary(summary.VocabularySize, options.VocabularySize) is { } smaller)
        {
            yield return new(nameof(DataOptions.VocabularySize), smaller);
        }
    }

    private static string? HeldOut(DataSummary summary, DataOptions options) => summary switch
    {
        { HeldOutFromDocument: true } =>
            "There are too few documents to hold out a whole one. The end of the longest is held out instead: "
            + $"{summary.EvaluationBytes} bytes, {summary.EvaluationTokens} tokens.",
        { EvaluationDocuments: 0 } when options.EvaluationFraction > 0 =>
            "The text is too short for a part of it to be held out, so there is no evaluation: "
            + $"it has {summary.TrainBytes} bytes, {summary.TrainTokens} tokens.",
        _ => null,
    };
}
