namespace Distributed.Data.Tokenizers.Training;

/// <summary>A stage of the training.</summary>
public enum BpeTrainingStage
{
    /// <summary>Reading the documents and counting their pieces.</summary>
    Counting,

    /// <summary>Merging the most frequent pairs.</summary>
    Merging,
}

/// <summary>The progress of the training of a tokenizer.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Bytes">UTF-8 bytes of text counted so far.</param>
/// <param name="Vocabulary">Number of tokens so far.</param>
/// <param name="VocabularySize">Requested number of tokens.</param>
/// <param name="Elapsed">Time since the start.</param>
public readonly record struct BpeTrainingProgress(BpeTrainingStage Stage, long Bytes, int Vocabulary, int VocabularySize, TimeSpan Elapsed)
{
    /// <summary>Completed fraction of the merging, from 0 to 1; 0 during the counting, because the amount of text is unknown.</summary>
    public double Fraction => Stage == BpeTrainingStage.Counting ? 0 : Math.Min(1, Vocabulary / (double)VocabularySize);

    /// <summary>Rate of the counting, in 10^6 bytes of text per second.</summary>
    public double MegabytesPerSecond => Elapsed > TimeSpan.Zero ? Bytes / 1e6 / Elapsed.TotalSeconds : 0;
}

/// <summary>A trained tokenizer and the statistics of its training.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Documents">Documents read.</param>
/// <param name="Bytes">UTF-8 bytes of their text.</param>
/// <param name="UniquePieces">Number of distinct pieces.</param>
/// <param name="CountingTime">Time spent on reading and counting.</param>
/// <param name="MergingTime">Time spent on merging.</param>
public sealed record BpeTrainingResult(
    BpeTokenizer Tokenizer, long Documents, long Bytes, int UniquePieces, TimeSpan CountingTime, TimeSpan MergingTime);
