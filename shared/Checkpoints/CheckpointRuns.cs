using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>A committed checkpoint and the run that it belongs to.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Step">Steps done, by the folder's name.</param>
/// <param name="Run">Identity of its run (<see cref="CheckpointState.Run"/>).</param>
/// <param name="Problem">Why its run is not known: the manifest cannot be read. Null where it is.</param>
public sealed record OwnedCheckpoint(StoredFolder Folder, long Step, string? Run, string? Problem)
{
    /// <summary>Whether it is known to belong to a run.</summary>
    /// <param name="run">The run's identity; null for the manifests without one, which count as one run.</param>
    public bool IsOf(string? run) => Problem is null && Run == run;
}

/// <summary>Which runs the committed checkpoints of a store belong to, by their manifests.</summary>
public static class CheckpointRuns
{
    /// <summary>The run of one committed checkpoint.</summary>
    public static OwnedCheckpoint Of(StoredFolder folder)
    {
        var step = CheckpointLayout.StepOf(folder.Name) ?? throw new ArgumentException($"{folder.Name} is not the name of a committed checkpoint.", nameof(folder));
        try
        {
            return new OwnedCheckpoint(folder, step, ManifestFile.Read(folder).State.Run, null);
        }
        catch (CheckpointException damaged)
        {
            return new OwnedCheckpoint(folder, step, null, damaged.Message);
        }
    }

    /// <summary>Every committed checkpoint, ascending by step.</summary>
    /// <exception cref="CheckpointException">The store cannot list them.</exception>
    public static IReadOnlyList<OwnedCheckpoint> All(ICheckpointStore store) =>
        [.. CheckpointLocation.CommittedSteps(store).Select(step => Of(new StoredFolder(store, CheckpointLayout.StepFolder(step))))];

    /// <summary>Those that are not known to be the run's.</summary>
    /// <exception cref="CheckpointException">The store cannot list them.</exception>
    public static IReadOnlyList<OwnedCheckpoint> NotOf(ICheckpointStore store, string? run) => [.. All(store).Where(checkpoint => !checkpoint.IsOf(run))];

    /// <summary>Refuses to let a run start where others have saved: their checkpoints would mix.</summary>
    /// <param name="others">Checkpoints that are not the run's.</param>
    /// <exception cref="CheckpointException">There are any.</exception>
    public static void RequireNone(IReadOnlyList<OwnedCheckpoint> others)
    {
        if (others.Count == 0) return;
        throw new CheckpointException($"{others[0].Folder.Store.PathOf("")}: {Describe(others)}. {HowToStart}") { Cause = CheckpointFailureCause.OtherRun };
    }

    /// <summary>What a folder holds, for messages.</summary>
    public static string Describe(IReadOnlyList<OwnedCheckpoint> others) =>
        $"holds {(others.Count == 1 ? "a checkpoint" : $"{others.Count} checkpoints")} of {Names(others)}, {(others.Count == 1 ? "" : "the newest ")}of step {others[^1].Step}";

    /// <summary>What to do about it, for messages.</summary>
    public const string HowToStart =
        "Continue that run with train --resume, give this one another name or folder (--set name=..., --set checkpoint.directory=...), or replace what is there with --overwrite.";

    /// <summary>Removes checkpoints; <c>latest</c> first, unless it names another one.</summary>
    /// <exception cref="CheckpointException">One could not be removed.</exception>
    public static void Remove(ICheckpointStore store, IReadOnlyList<OwnedCheckpoint> others)
    {
        try
        {
            var latest = CheckpointLocation.LatestName(store);
            if (latest is not null && (others.Any(other => other.Folder.Name == latest) || !store.Holds(latest))) store.Delete("", CheckpointLayout.LatestFile);
            foreach (var other in others) store.Delete(other.Folder.Name);
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{store.PathOf("")}: the checkpoints of {Names(others)} cannot be removed (--overwrite): {e.Message}", e);
        }
    }

    private static string Names(IReadOnlyList<OwnedCheckpoint> others)
    {
        string[] runs = [.. others.Select(other => other.Problem is not null ? "an unknown run (its manifest cannot be read)" : other.Run is { } run ? $"run {run}" : "an earlier run").Distinct()];
        return string.Join(" and of ", runs);
    }
}
