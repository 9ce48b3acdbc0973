using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// The newest valid checkpoint of a run: the one that <c>latest</c> names or, if that is damaged, the one before it of the same run, and so
/// on. Every byte of a checkpoint is read and checked before it is chosen.
/// </summary>
/// <param name="Folder">The checkpoint's folder.</param>
/// <param name="Skipped">The problem of each newer checkpoint that was skipped, one line each with file and tensor.</param>
public sealed record LatestValidCheckpoint(StoredFolder Folder, IReadOnlyList<string> Skipped)
{
    /// <summary>Finds the newest valid checkpoint.</summary>
    /// <param name="store">The store of the job's checkpoints.</param>
    /// <param name="progress">Receives a report after every piece that is read; null for none.</param>
    /// <param name="cancellation">Cancels the search.</param>
    /// <returns>The checkpoint; null if none was ever committed.</returns>
    /// <exception cref="CheckpointException">
    /// All checkpoints are damaged; or the newest is damaged, its run is unknown, and the older ones are of several runs.
    /// </exception>
    public static LatestValidCheckpoint? Find(
        ICheckpointStore store, IProgress<VerificationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var passed = new List<string>();
        var run = default(OwnedCheckpoint);
        foreach (var checkpoint in Candidates(store, passed))
        {
            if (checkpoint.Problem is null)
            {
                if (run?.IsOf(checkpoint.Run) == false) continue; // another run's
                run ??= checkpoint;
            }

            if (FirstProblem(checkpoint, progress, cancellation) is not { } problem)
                return new LatestValidCheckpoint(checkpoint.Folder, passed);
            passed.Add(problem);
        }

        return passed.Count == 0
            ? null : throw new CheckpointException(ProblemList.Format($"{store.PathOf("")}: no checkpoint here is valid", passed));
    }

    // The checkpoint that 'latest' names and all older ones; newer ones are from before the run was rolled back. Without 'latest', all.
    private static IReadOnlyList<OwnedCheckpoint> Candidates(ICheckpointStore store, List<string> passed)
    {
        var (name, isThere) = (Named(store, passed), passed.Count == 0);
        var newest = name is null ? null : CheckpointLayout.StepOf(name);
        OwnedCheckpoint[] all =
        [
            .. CheckpointRuns.All(store).Reverse()
                .Where(checkpoint => newest is null || checkpoint.Step < newest || (isThere && checkpoint.Step == newest)),
        ];
        var isRunKnown = newest is not null && all is [{ Problem: null } first, ..] && first.Step == newest;
        var runs = all.Where(checkpoint => checkpoint.Problem is null).Select(checkpoint => checkpoint.Run).Distinct().Reverse().ToArray();
        if (isRunKnown || runs.Length <= 1) return all;
        passed.Add($"the readable checkpoints are of {runs.Length} runs "
            + $"({string.Join(", ", runs.Select(run => run ?? "one without an identity"))}), "
            + "so the run to continue is ambiguous: name a checkpoint by its own folder");
        throw new CheckpointException(ProblemList.Format($"{store.PathOf("")}: no checkpoint is chosen", passed));
    }

    // The name in 'latest', even if no such folder exists.
    private static string? Named(ICheckpointStore store, List<string> passed)
    {
        try
        {
            return CheckpointLocation.FindLatest(store)?.Name;
        }
        catch (CheckpointException damaged)
        {
            passed.Add(damaged.Message);
        }

        try
        {
            return CheckpointLocation.LatestName(store);
        }
        catch (CheckpointException)
        {
            return null; // reported above
        }
    }

    private static string? FirstProblem(
        OwnedCheckpoint candidate, IProgress<VerificationProgress>? progress, CancellationToken cancellation)
    {
        if (candidate.Problem is not null) return candidate.Problem;
        try
        {
            using var checkpoint = Checkpoint.Open(candidate.Folder);
            return checkpoint.Verify(progress, cancellation) is { IsValid: false } report ? report.Problems[0] : null;
        }
        catch (CheckpointException damaged)
        {
            return damaged.Message;
        }
    }
}
