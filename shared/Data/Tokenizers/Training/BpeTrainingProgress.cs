namespace Distributed.Data.Tokenizers.Training;

/// <summary>What the trainer is doing.</summary>
public enum BpeTrainingStage
{
    /// <summary>Reading the documents and counting their pieces.</summary>
    Counting,

    /// <summary>Merging the most frequent pairs.</summary>
    Merging,
}

/// <summary>How far the training of a tokenizer is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Bytes">UTF-8 bytes of text counted.</param>
/// <param name="Vocabulary">Tokens found so far.</param>
/// <param name="VocabularySize">Tokens wanted.</param>
/// <param name="Elapsed">Time since the start.</param>
public readonly record struct BpeTrainingProgress(BpeTrainingStage Stage, long Bytes, int Vocabulary, int VocabularySize, TimeSpan Elapsed)
{
    /// <summary>Of the merging, from 0 to 1; the counting cannot know how much is to come.</summary>
    public double Fraction => Stage == BpeTrainingStage.Counting ? 0 : Math.Min(1, Vocabulary / (double)VocabularySize);

    /// <summary>Of the text counted (10^6 bytes per second).</summary>
    public double MegabytesPerSecond => Elapsed > TimeSpan.Zero ? Bytes / 1e6 / Elapsed.TotalSeconds : 0;
}

/// <summary>A tokenizer and how it came about.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Documents">Documents read.</param>
/// <param name="Bytes">UTF-8 bytes of their text.</param>
/// <param name="UniquePieces">Different pieces counted.</param>
/// <param name="CountingTime">Time spent on reading and counting.</param>
/// <param name="MergingTime">Time spent on merging.</param>
public sealed record BpeTrainingResult(
    BpeTokenizer Tokenizer, long Documents, long Bytes, int UniquePieces, TimeSpan CountingTime, TimeSpan MergingTime);
