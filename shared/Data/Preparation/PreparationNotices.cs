using Distributed.Data.Corpora;

namespace Distributed.Data.Preparation;

/// <summary>Describes the differences between prepared data and the options.</summary>
public static class PreparationNotices
{
    /// <summary>The message that a trained tokenizer has fewer tokens than requested; null if it has enough.</summary>
    /// <param name="found">Number of tokens of the tokenizer.</param>
    /// <param name="wanted">Requested number of tokens.</param>
    public static string? SmallerVocabulary(int found, int wanted) => found >= wanted
        ? null
        : $"The tokenizer has {found} tokens instead of the requested {wanted}: no further pair of tokens occurs twice "
            + "in the words of the training text (pieces of at most 256 bytes). More text gives more tokens.";

    internal static IEnumerable<DataNotice> Of(
        DataSummary summary, DataOptions options, IEnumerable<ICorpus> corpora, IEnumerable<ICorpus> evaluation)
    {
        foreach (var message in corpora.Select(corpus => corpus.Notice).OfType<string>())
            yield return new(nameof(DataOptions.Corpus), message);
        foreach (var message in evaluation.Select(corpus => corpus.Notice).OfType<string>())
            yield return new(nameof(DataOptions.Evaluation), message);
        if (HeldOut(summary, options) is { } heldOut) yield return new(nameof(DataOptions.EvaluationFraction), heldOut);
        if (summary.IsTokenizerTrained && SmallerVocabulary(summary.VocabularySize, options.VocabularySize) is { } smaller)
        {
            yield return new(nameof(DataOptions.VocabularySize), smaller);
        }
    }

    private static string? HeldOut(DataSummary summary, DataOptions options) => summary switch
    {
        { IsHeldOutFromDocument: true } =>
            "There are too few documents to hold out a whole document. The end of the longest is held out instead: "
            + $"{summary.EvaluationBytes} bytes, {summary.EvaluationTokens} tokens.",
        { EvaluationDocuments: 0 } when options.EvaluationFraction > 0 =>
            "The text is too short to hold out a part of it, so there is no evaluation: "
            + $"it has {summary.TrainBytes} bytes, {summary.TrainTokens} tokens.",
        _ => null,
    };
}
