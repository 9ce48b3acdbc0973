namespace Distributed.Data.Preparation;

/// <summary>The steps of preparing data, in order.</summary>
public enum PreparationStage
{
    /// <summary>Hashing the sources, to find whether the result is in the cache.</summary>
    Hashing,

    /// <summary>Reading the text to choose what is held out; skipped for corpora with groups.</summary>
    Splitting,

    /// <summary>Counting the pieces of the training text.</summary>
    CountingPieces,

    /// <summary>Merging pairs into a vocabulary.</summary>
    TrainingTokenizer,

    /// <summary>Encoding all documents into shards.</summary>
    Packing,
}

/// <summary>The progress of a preparation.</summary>
/// <param name="Stage">The current stage.</param>
/// <param name="Fraction">Completed fraction of this stage, from 0 to 1.</param>
/// <param name="MegabytesPerSecond">Source text read per second (10^6 bytes); 0 if the stage reads no text.</param>
public readonly record struct PreparationProgress(PreparationStage Stage, double Fraction, double MegabytesPerSecond);

/// <summary>The duration of a stage.</summary>
public readonly record struct StageTime(PreparationStage Stage, TimeSpan Elapsed);
