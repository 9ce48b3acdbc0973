using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>checkpoint</c> of a job: where and when checkpoints are saved, and which are kept.</summary>
public sealed record CheckpointSection
{
    private const int MaxSeconds = 86_400;

    /// <summary>Folder of the run's checkpoints.</summary>
    public required string Directory { get; init; }

    /// <summary>Steps between checkpoints; 0 saves only at the end of the run.</summary>
    public int Every { get; init; } = 100;

    /// <summary>Number of newest checkpoints to keep, 1 or more.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Checkpoints of steps divisible by this number are kept permanently; 0 keeps none permanently.</summary>
    public int KeepEvery { get; init; }

    /// <summary>Whether training continues while a checkpoint is written.</summary>
    public bool Asynchronous { get; init; } = true;

    /// <summary>
    /// Longest time, in seconds, that a save waits for the store, 1 to 86400. After it the save is given up and the run continues.
    /// </summary>
    public int TimeoutSeconds { get; init; } = 600;

    /// <summary>
    /// Whether a new run removes the checkpoints of other runs from the folder. If false, a new run does not start in such a folder.
    /// </summary>
    public bool Overwrite { get; init; }

    internal static CheckpointSection Read(ConfigReader reader, string jobName)
    {
        var section = new CheckpointSection { Directory = reader.OptionalText("directory") ?? $"runs/{jobName}" };
        section = section with { Every = reader.Int("every", section.Every), Keep = reader.Int("keep", section.Keep, 1) };
        section = section with
        {
            KeepEvery = reader.Int("keep_every", section.KeepEvery),
            Asynchronous = reader.Flag("asynchronous", section.Asynchronous),
        };
        section = section with { TimeoutSeconds = reader.Int("timeout_seconds", section.TimeoutSeconds, 1, MaxSeconds) };
        section = section with { Overwrite = reader.Flag("overwrite", section.Overwrite) };
        if (section.Directory.Length == 0) reader.Refuse("directory", "allowed: a folder; or leave it out");
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new()
    {
        ["directory"] = Directory, ["every"] = Every, ["keep"] = Keep, ["keep_every"] = KeepEvery, ["asynchronous"] = Asynchronous,
        ["timeout_seconds"] = TimeoutSeconds, ["overwrite"] = Overwrite,
    };
}
