using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>A committed checkpoint and the run that it belongs to.</summary>
/// <param name="Folder">The checkpoint's folder.</param>
/// <param name="Step">Optimizer steps done, from the folder's name.</param>
/// <param name="Run">Identity of the run (<see cref="CheckpointState.Run"/>); null if the manifest has none.</param>
/// <param name="Problem">Why the manifest cannot be read, so that the run is unknown; null if it is readable.</param>
public sealed record OwnedCheckpoint(StoredFolder Folder, long Step, string? Run, string? Problem)
{
    /// <summary>Whether the checkpoint is known to belong to a run.</summary>
    /// <param name="run">The run's identity; null for manifests without one, which count as one run.</param>
    public bool IsOf(string? run) => Problem is null && Run == run;
}

/// <summary>Finds the runs that the committed checkpoints of a store belong to, from their manifests.</summary>
public static class CheckpointRuns
{
    /// <summary>The run of one committed checkpoint.</summary>
    public static OwnedCheckpoint Of(StoredFolder folder)
    {
        var step = CheckpointLayout.StepOf(folder.Name)
            ?? throw new ArgumentException($"{folder.Name} is not the name of a committed checkpoint.", nameof(folder));
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
    /// <exception cref="CheckpointException">The store cannot list its folders.</exception>
    public static IReadOnlyList<OwnedCheckpoint> All(ICheckpointStore store) =>
        [.. CheckpointLocation.CommittedSteps(store).Select(step => Of(new StoredFolder(store, CheckpointLayout.StepFolder(step))))];

    /// <summary>The committed checkpoints that are not known to belong to a run.</summary>
    /// <exception cref="CheckpointException">The store cannot list its folders.</exception>
    public static IReadOnlyList<OwnedCheckpoint> NotOf(ICheckpointStore store, string? run) =>
        [.. All(store).Where(checkpoint => !checkpoint.IsOf(run))];

    /// <summary>Refuses to start a run in a folder with checkpoints of other runs.</summary>
    /// <param name="others">Checkpoints of other runs in the folder.</param>
    /// <exception cref="CheckpointException"><paramref name="others"/> is not empty.</exception>
    public static void RequireNone(IReadOnlyList<OwnedCheckpoint> others)
    {
        if (others.Count == 0) return;
        throw new CheckpointException($"{others[0].Folder.Store.PathOf("")}: {Describe(others)}. {HowToStart}")
        {
            Cause = CheckpointFailureCause.OtherRun,
        };
    }

    /// <summary>Describes the checkpoints of other runs, for messages.</summary>
    public static string Describe(IReadOnlyList<OwnedCheckpoint> others) => others.Count == 1
        ? $"holds a checkpoint of {Names(others)}, of step {others[0].Step}"
        : $"holds {others.Count} checkpoints of {Names(others)}, the newest of step {others[^1].Step}";

    /// <summary>The ways to start the run, for messages.</summary>
    public const string HowToStart =
        "Continue that run with train --resume, give this one another name or folder (--set name=..., --set checkpoint.directory=...), "
        + "or replace what is there with --overwrite.";

    /// <summary>Removes checkpoints. Removes <c>latest</c> first, unless it names a checkpoint that stays.</summary>
    /// <exception cref="CheckpointException">A checkpoint could not be removed.</exception>
    public static void Remove(ICheckpointStore store, IReadOnlyList<OwnedCheckpoint> others)
    {
        try
        {
            var latest = CheckpointLocation.LatestName(store);
            var namesOwn = latest is not null && store.Exists(latest) && others.All(other => other.Folder.Name != latest);
            if (latest is not null && !namesOwn) store.Delete("", CheckpointLayout.LatestFile);
            foreach (var other in others) store.Delete(other.Folder.Name);
        }
        catch (IOException e)
        {
            throw new CheckpointException(
                $"{store.PathOf("")}: the checkpoints of {Names(others)} cannot be removed (--overwrite): {e.Message}", e);
        }
    }

    private static string Names(IReadOnlyList<OwnedCheckpoint> others) => string.Join(" and of ", others.Select(other => other switch
    {
        { Problem: not null } => "an unknown run (its manifest cannot be read)",
        { Run: { } run } => $"run {run}",
        _ => "an earlier run",
    }).Distinct());
}
