using Distributed.Configuration;
using Distributed.Configuration.Keys;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>checkpoint</c> of a job: where and when checkpoints are saved, and which are kept.</summary>
public sealed record CheckpointSection
{
    private const int MaxSeconds = 86_400;

    /// <summary>Folder of the run's checkpoints; null: <c>runs/</c> and the job's name.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Checkpoint whose weights a new run starts from, without its optimizer state and its step; null draws the weights from the seed.
    /// </summary>
    public string? Initial { get; init; }

    /// <summary>Steps between checkpoints; 0 saves only at the end of the run.</summary>
    public int Every { get; init; } = 100;

    /// <summary>Number of newest checkpoints to keep.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Checkpoints of steps divisible by this number are kept permanently; 0 keeps none permanently.</summary>
    public int KeepEvery { get; init; }

    /// <summary>Whether training continues while a checkpoint is written.</summary>
    public bool Asynchronous { get; init; } = true;

    /// <summary>Longest time, in seconds, that a save waits for the store. After it the save is given up and the run continues.</summary>
    public int TimeoutSeconds { get; init; } = 600;

    /// <summary>
    /// Whether a new run removes the checkpoints of other runs from the folder. If false, a new run does not start in such a folder.
    /// </summary>
    public bool Overwrite { get; init; }

    internal static KeyTable<CheckpointSection> Keys { get; } = new KeyTable<CheckpointSection>(Check)
        .Text("directory", section => section.Directory, "Folder of the run's checkpoints; null: `runs/` and the job's name.",
            nullIsDefault: true)
        .OptionalText("initial", section => section.Initial, "Checkpoint whose weights a new run starts from, "
            + "without its optimizer state and its step; null draws the weights from the seed.")
        .Integer("every", section => section.Every, "Steps between checkpoints; 0 saves only at the end of the run.")
        .Integer("keep", section => section.Keep, "Number of newest checkpoints to keep.", 1)
        .Integer("keep_every", section => section.KeepEvery,
            "Checkpoints of steps divisible by this number are kept permanently; 0 keeps none permanently.")
        .Flag("asynchronous", section => section.Asynchronous, "Whether training continues while a checkpoint is written.")
        .Integer("timeout_seconds", section => section.TimeoutSeconds,
            "Longest time, in seconds, that a save waits for the store. After it the save is given up and the run continues.",
            1, MaxSeconds)
        .Flag("overwrite", section => section.Overwrite, "Whether a new run removes the checkpoints of other runs from the folder. "
            + "If false, a new run does not start in such a folder.");

    private static void Check(CheckpointSection section, ConfigReader reader)
    {
        if (section.Directory.Length == 0) reader.Refuse("directory", "allowed: a folder; or leave it out");
    }
}
