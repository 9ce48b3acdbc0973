using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Inspection;

/// <summary>A folder of a job's checkpoints.</summary>
/// <param name="Folder">Which.</param>
/// <param name="Step">Steps done.</param>
/// <param name="IsLatest">Whether a resume uses it.</param>
/// <param name="IsFinished">False for a save that was never committed, or is under way.</param>
/// <param name="Manifest">What it holds; null where that cannot be read, or is not written yet.</param>
/// <param name="Problem">Why the manifest cannot be read; null where it can.</param>
public sealed record ListedCheckpoint(StoredFolder Folder, long Step, bool IsLatest, bool IsFinished, CheckpointManifest? Manifest, string? Problem);

/// <summary>What lies below a job's root, from the manifests alone.</summary>
/// <param name="Checkpoints">By step, unfinished saves among them.</param>
/// <param name="Problem">What is wrong with <c>latest</c>; null where nothing is.</param>
public sealed record CheckpointListing(IReadOnlyList<ListedCheckpoint> Checkpoints, string? Problem)
{
    /// <summary>Reads it.</summary>
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

        return new CheckpointListing([.. Names(store).Select(name => Listed(new StoredFolder(store, name), latest)).OfType<ListedCheckpoint>().OrderBy(each => each.Step).ThenBy(each => each.Folder.Name, StringComparer.Ordinal)], problem);
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
            return CheckpointLayout.StepOfTemporary(folder.Name) is { } unfinished ? new ListedCheckpoint(folder, unfinished, false, false, null, null) : null;
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
