using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Inspection;

/// <summary>A checkpoint or an unfinished save in a listing.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="IsLatest">Whether <c>latest</c> names it, so that a resume uses it.</param>
/// <param name="IsFinished">False for a save that is still being written or was never committed.</param>
/// <param name="Manifest">The manifest; null if it cannot be read or is not written yet.</param>
/// <param name="Problem">Why the manifest cannot be read; null if it can be read or is not written yet.</param>
public sealed record ListedCheckpoint(
    StoredFolder Folder, long Step, bool IsLatest, bool IsFinished, CheckpointManifest? Manifest, string? Problem);

/// <summary>The checkpoints below a job's root, read from the manifests only.</summary>
/// <param name="Checkpoints">Checkpoints and unfinished saves, ascending by step.</param>
/// <param name="Problem">Why <c>latest</c> cannot be used; null if it can, or if it does not exist.</param>
public sealed record CheckpointListing(IReadOnlyList<ListedCheckpoint> Checkpoints, string? Problem)
{
    /// <summary>Lists the checkpoints of a store.</summary>
    /// <exception cref="CheckpointException">The store cannot list its folders.</exception>
    public static CheckpointListing Of(ICheckpointStore store)
    {
        string? latest = null, problem = null;
        try
        {
            latest = CheckpointLocation.FindLatest(store)?.Name;
        }
        catch (CheckpointException damaged)
        {
            problem = damaged.Message;
        }

        return new CheckpointListing(
            [.. Names(store).Select(name => Listed(new StoredFolder(store, name), latest)).OfType<ListedCheckpoint>()
                .OrderBy(each => each.Step).ThenBy(each => each.Folder.Name, StringComparer.Ordinal)], problem);
    }

    private static IReadOnlyList<string> Names(ICheckpointStore store)
    {
        try
        {
            return store.Folders();
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{store.PathOf("")}: its checkpoints cannot be listed: {e.Message}", e);
        }
    }

    private static ListedCheckpoint? Listed(StoredFolder folder, string? latest)
    {
        if (CheckpointLayout.StepOf(folder.Name) is not { } step)
            return CheckpointLayout.StepOfTemporary(folder.Name) is { } unfinished
                ? new ListedCheckpoint(folder, unfinished, false, false, null, null) : null;
        try
        {
            using var checkpoint = Checkpoint.Open(folder);
            return new ListedCheckpoint(folder, step, folder.Name == latest, true, checkpoint.Manifest, null);
        }
        catch (CheckpointException damaged)
        {
            return new ListedCheckpoint(folder, step, folder.Name == latest, true, null, damaged.Message);
        }
    }
}
