namespace Distributed.Data.Preparation;

/// <summary>The steps of preparing data, in order.</summary>
public enum PreparationStage
{
    /// <summary>Hashing the sources, to know whether the result exists already.</summary>
    Hashing,

    /// <summary>Reading the text to choose what is held out; not of a corpus that says so itself.</summary>
    Splitting,

    /// <summary>Counting the pieces of the training text.</summary>
    CountingPieces,

    /// <summary>Merging pairs into a vocabulary.</summary>
    TrainingTokenizer,

    /// <summary>Encoding all documents into shards.</summary>
    Packing,
}

/// <summary>How far the preparation is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Fraction">Of this stage, from 0 to 1.</param>
/// <param name="MegabytesPerSecond">Source text per second (10^6 bytes); 0 where no text is being read.</param>
public readonly record struct PreparationProgress(PreparationStage Stage, double Fraction, double MegabytesPerSecond);

/// <summary>How long a stage took.</summary>
public readonly record struct StageTime(PreparationStage Stage, TimeSpan Elapsed);
