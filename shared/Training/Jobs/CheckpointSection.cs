using System.Text.Json.Nodes;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>What is kept of a run: section <c>checkpoint</c> of a job.</summary>
public sealed record CheckpointSection
{
    private const int MostSeconds = 86_400;

    /// <summary>Folder of the run's checkpoints.</summary>
    public required string Directory { get; init; }

    /// <summary>Steps from one checkpoint to the next; 0 saves at the end only.</summary>
    public int Every { get; init; } = 100;

    /// <summary>Checkpoints kept, the newest ones.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Steps divisible by this are kept for good; 0 for none.</summary>
    public int KeepEvery { get; init; }

    /// <summary>Whether steps go on while a checkpoint is written.</summary>
    public bool Asynchronous { get; init; } = true;

    /// <summary>Seconds that a save may wait for the store at a time, from 1 to a day; then it is given up, and the run goes on.</summary>
    public int TimeoutSeconds { get; init; } = 600;

    /// <summary>Whether a run that starts removes the checkpoints of other runs from the folder; else it does not start while there are any.</summary>
    public bool Overwrite { get; init; }

    internal static CheckpointSection Read(ConfigReader reader, string jobName)
    {
        var section = new CheckpointSection { Directory = reader.OptionalText("directory") ?? $"runs/{jobName}" };
        section = section with { Every = reader.Int("every", section.Every), Keep = reader.Int("keep", section.Keep, 1) };
        section = section with { KeepEvery = reader.Int("keep_every", section.KeepEvery), Asynchronous = reader.Flag("asynchronous", section.Asynchronous) };
        section = section with { TimeoutSeconds = reader.Int("timeout_seconds", section.TimeoutSeconds, 1, MostSeconds) };
        section = section with { Overwrite = reader.Flag("overwrite", section.Overwrite) };
        if (section.Directory.Length == 0) reader.Refuse("directory", "allowed: a folder; or leave it out");
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new()
    {
        ["directory"] = Directory, ["every"] = Every, ["keep"] = Keep, ["keep_every"] = KeepEvery, ["asynchronous"] = Asynchronous, ["timeout_seconds"] = TimeoutSeconds,
        ["overwrite"] = Overwrite,
    };
}
