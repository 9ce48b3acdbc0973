using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// Rank 0's part of a save: a folder gets its final name only when it is complete. The steps have the numbers of this library's README;
/// step 2 is <see cref="CheckpointShardWriter"/>, steps 6 and 7 are <see cref="CheckpointPublish"/>.
/// </summary>
public static class CheckpointCommit
{
    /// <summary>
    /// (1) Removes the folders of crashed or superseded saves, then creates the folder into which all ranks write. A root has one
    /// save at a time: an older save that is still being written loses its folder and fails.
    /// </summary>
    /// <param name="store">The store of the job's checkpoints; its root is created if it does not exist.</param>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="epoch">Epoch of the group that saves.</param>
    /// <returns>The temporary folder.</returns>
    /// <exception cref="CheckpointException">The folder cannot be created.</exception>
    public static StoredFolder Begin(ICheckpointStore store, long step, long epoch)
    {
        var folder = new StoredFolder(store, CheckpointLayout.TemporaryFolder(step, epoch));
        try
        {
            foreach (var leftover in store.Folders())
            {
                if (CheckpointLayout.StepOfTemporary(leftover) is not null) store.Delete(leftover);
            }

            store.Create(folder.Name);
            return folder;
        }
        catch (IOException e)
        {
            throw SaveFailure.Because(
                $"{folder}: cannot be created: {e.Message} Choose a folder that this user may write to; "
                + $"{SaveFailure.StillValid(store)}.", e);
        }
    }

    /// <summary>
    /// (3) Checks the ranks' entries against each other, against the files and against what the model needs, (4) writes the manifest, (5)
    /// renames the folder to its final name. A committed folder of the same step from before this run was rolled back is exchanged for this
    /// one and removed; a folder of another run is kept. On any failure the temporary folder is removed.
    /// </summary>
    /// <param name="folder">From <see cref="Begin"/>; every rank has finished writing.</param>
    /// <param name="state">State of the run after that step.</param>
    /// <param name="entries">Entries of all ranks.</param>
    /// <param name="expected">The tensors that must exist, exactly these for each kind in the list; null checks nothing.</param>
    /// <returns>The committed folder. <c>latest</c> does not name it yet.</returns>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, saved twice, of another shape, or not in its file as reported; the state is of another step; another run has
    /// committed that step; the disk is full or fails; the folder no longer exists.
    /// </exception>
    public static StoredFolder Commit(StoredFolder folder, CheckpointState state, IEnumerable<ManifestEntry> entries,
        IReadOnlyCollection<ExpectedTensor>? expected = null)
    {
        try
        {
            var manifest = new CheckpointManifest(state, entries);
            RequireConsistent(folder, manifest, expected ?? []);
            WriteManifest(folder, manifest);
            return Rename(folder, state.Step, state.Run);
        }
        catch (CheckpointException)
        {
            Abandon(folder);
            throw;
        }
    }

    /// <summary>Abandons a save: removes its temporary folder as far as possible. A committed folder is not changed.</summary>
    public static void Abandon(StoredFolder folder)
    {
        if (CheckpointLayout.StepOfTemporary(folder.Name) is null) return;
        try
        {
            folder.Store.Delete(folder.Name);
        }
        catch (IOException)
        {
            // The next save removes it.
        }
    }

    private static void RequireConsistent(StoredFolder folder, CheckpointManifest manifest, IReadOnlyCollection<ExpectedTensor> expected)
    {
        if (CheckpointLayout.StepOfTemporary(folder.Name) != manifest.State.Step)
            throw new CheckpointException($"{folder}: cannot be committed: the given state is of step {manifest.State.Step}.");
        if (!folder.Store.Exists(folder.Name))
        {
            throw new CheckpointException(
                $"{folder}: cannot be committed: the folder no longer exists, "
                + "because a rank's part of this save failed or a newer save has begun; "
                + $"{SaveFailure.StillValid(folder.Store)}.");
        }

        var differences = ExpectedTensor.Differences(manifest, expected);
        if (differences.Count > 0)
        {
            throw new CheckpointException(ProblemList.Format(
                $"{folder}: cannot be committed: the ranks did not save what the model needs ({differences.Count} differences)",
                differences));
        }

        using var files = new ShardFiles(folder);
        var wrong = files.HeaderProblems(manifest);
        if (wrong.Count > 0)
        {
            throw new CheckpointException(ProblemList.Format(
                $"{folder}: cannot be committed: its files differ from the ranks' reports ({wrong.Count} problems)", wrong));
        }
    }

    private static void WriteManifest(StoredFolder folder, CheckpointManifest manifest)
    {
        var bytes = ManifestFile.ToBytes(manifest);
        try
        {
            BoundedFile.Write(folder.Store, folder.Name, CheckpointLayout.ManifestFile, bytes);
        }
        catch (IOException e)
        {
            throw SaveFailure.Writing(folder, CheckpointLayout.ManifestFile, bytes.Length, e);
        }
    }

    private static StoredFolder Rename(StoredFolder folder, long step, string? run)
    {
        var committed = folder with { Name = CheckpointLayout.StepFolder(step) };
        if (folder.Store.Exists(committed.Name) && CheckpointRuns.Of(committed) is { Problem: null } there && !there.IsOf(run))
            throw SaveFailure.OtherRun(there);
        try
        {
            folder.Store.Commit(folder.Name, committed.Name);
            return committed;
        }
        catch (IOException e)
        {
            throw SaveFailure.Because(
                $"{folder}: cannot be renamed to {committed.Name}: {e.Message} {SaveFailure.StillValid(folder.Store)}.", e);
        }
    }
}
