namespace Distributed.Checkpoints;

/// <summary>
/// Rank 0's part of a save: a folder that appears under its name only when it is whole. The steps are numbered as
/// in this library's README; step 2 is <see cref="CheckpointShardWriter"/>, steps 6 and 7 are <see cref="CheckpointPublish"/>.
/// </summary>
public static class CheckpointCommit
{
    /// <summary>
    /// (1) Makes the folder into which all ranks write, after removing what crashed or superseded saves left. One
    /// save per root at a time: an older one that is still being written loses its folder and fails.
    /// </summary>
    /// <param name="root">Of the job's checkpoints; made if need be.</param>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="epoch">Of the group that saves.</param>
    /// <returns>The temporary folder.</returns>
    /// <exception cref="CheckpointException">The folder cannot be made.</exception>
    public static string Begin(string root, long step, long epoch)
    {
        var folder = Path.Combine(Path.GetFullPath(root), CheckpointLayout.TemporaryFolder(step, epoch));
        try
        {
            Directory.CreateDirectory(root);
            foreach (var leftover in Directory.EnumerateDirectories(root))
            {
                if (CheckpointLayout.StepOfTemporary(Path.GetFileName(leftover)) is not null) Directory.Delete(leftover, recursive: true);
            }

            Directory.CreateDirectory(folder);
            DurableFolder.Flush(root);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{folder}: cannot be made: {e.Message} Choose a folder that this user may write to; {SaveFailure.StillValid(root)}.", e);
        }
    }

    /// <summary>
    /// (3) Checks the ranks' entries against each other, against the files and against what the model needs,
    /// (4) writes the manifest, (5) gives the folder its name. A committed folder of the same step, left by a run
    /// that was rolled back, is exchanged for this one and removed. On any failure the temporary folder is removed.
    /// </summary>
    /// <param name="folder">From <see cref="Begin"/>; every rank has finished writing.</param>
    /// <param name="state">Of the run after that step.</param>
    /// <param name="entries">Of all ranks.</param>
    /// <param name="expected">What must be there, no more and no less of the kinds it names; null checks nothing.</param>
    /// <returns>The committed folder. It is not <c>latest</c> yet.</returns>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, saved twice, of another shape, or not in its file as reported; the state is of another step;
    /// the disk is full or fails; the folder is gone.
    /// </exception>
    public static string Commit(string folder, CheckpointState state, IEnumerable<ManifestEntry> entries, IReadOnlyCollection<ExpectedTensor>? expected = null)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            var manifest = new CheckpointManifest(state, entries);
            RequireConsistent(folder, manifest, expected ?? []);
            WriteManifest(folder, manifest);
            return GiveName(folder, state.Step);
        }
        catch (CheckpointException)
        {
            Abandon(folder);
            throw;
        }
    }

    /// <summary>Gives a save up: removes its temporary folder as far as that is possible, and nothing else.</summary>
    public static void Abandon(string folder)
    {
        if (CheckpointLayout.StepOfTemporary(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))) is not null) FolderRemoval.TryDelete(folder);
    }

    private static void RequireConsistent(string folder, CheckpointManifest manifest, IReadOnlyCollection<ExpectedTensor> expected)
    {
        if (CheckpointLayout.StepOfTemporary(Path.GetFileName(folder)) != manifest.State.Step)
            throw new CheckpointException($"{folder}: cannot be committed, the state given is of step {manifest.State.Step}.");
        if (!Directory.Exists(folder))
            throw new CheckpointException($"{folder}: cannot be committed, the folder is gone: a rank's part of this save failed, or a newer save has begun; {SaveFailure.StillValid(CheckpointLocation.RootOf(folder))}.");

        var differences = ExpectedTensor.Differences(manifest, expected);
        if (differences.Count > 0)
            throw new CheckpointException(ProblemList.Format($"{folder}: cannot be committed, the ranks did not save what the model needs ({differences.Count} differences)", differences));

        using var files = new ShardFiles(folder);
        var wrong = files.HeaderProblems(manifest);
        if (wrong.Count > 0)
            throw new CheckpointException(ProblemList.Format($"{folder}: cannot be committed, its files are not what the ranks reported ({wrong.Count} problems)", wrong));
    }

    private static void WriteManifest(string folder, CheckpointManifest manifest)
    {
        var path = Path.Combine(folder, CheckpointLayout.ManifestFile);
        var bytes = ManifestFile.ToBytes(manifest);
        try
        {
            DurableFile.Replace(path, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SaveFailure.Writing(path, bytes.Length, folder, e);
        }
    }

    private static string GiveName(string folder, long step)
    {
        var root = CheckpointLocation.RootOf(folder);
        var committed = Path.Combine(root, CheckpointLayout.StepFolder(step));
        try
        {
            if (!Directory.Exists(committed))
            {
                Directory.Move(folder, committed);
            }
            else if (!DurableFolder.TryExchange(folder, committed))
            {
                ReplaceByTwoRenames(folder, committed);
            }

            DurableFolder.Flush(root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{committed}: cannot be given its name: {e.Message} {SaveFailure.StillValid(root)}.", e);
        }

        FolderRemoval.TryDelete(folder); // after an exchange it holds the old checkpoint
        return committed;
    }

    /// <summary>Between the two renames the step has no folder; the old one is still there under the temporary name.</summary>
    private static void ReplaceByTwoRenames(string folder, string committed)
    {
        var replaced = committed + ".tmp-replaced";
        FolderRemoval.TryDelete(replaced);
        Directory.Move(committed, replaced);
        Directory.Move(folder, committed);
        FolderRemoval.TryDelete(replaced);
    }
}
