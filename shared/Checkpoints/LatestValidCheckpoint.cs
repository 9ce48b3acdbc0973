using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// The newest checkpoint of a run that is whole: what <c>latest</c> names, or where that is damaged the one before it of the same run, and
/// so on. Every byte is read and checked before it is chosen.
/// </summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Passed">What is wrong with those that would have come before it, a line each that names file and tensor.</param>
public sealed record LatestValidCheckpoint(StoredFolder Folder, IReadOnlyList<string> Passed)
{
    /// <summary>Finds it.</summary>
    /// <param name="store">Of the job's checkpoints.</param>
    /// <param name="progress">Told after every piece that is read.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>Null where nothing was ever committed.</returns>
    /// <exception cref="CheckpointException">
    /// There are checkpoints, and all are damaged; or the newest is, and those before it are of several runs.
    /// </exception>
    public static LatestValidCheckpoint? Find(ICheckpointStore store, IProgress<VerificationProgress>? progress = null, CancellationToken cancellation = default)
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

            if (FirstProblem(checkpoint, progress, cancellation) is not { } problem) return new LatestValidCheckpoint(checkpoint.Folder, passed);
            passed.Add(problem);
        }

        return passed.Count == 0 ? null : throw new CheckpointException(ProblemList.Format($"{store.PathOf("")}: no checkpoint here is whole", passed));
    }

    // What 'latest' names and all before it; later ones belong to a run that was rolled back. Without 'latest', all.
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
        passed.Add($"those that can be read are of {runs.Length} runs ({string.Join(", ", runs.Select(run => run ?? "one without an identity"))}), "
            + "and which one to continue cannot be told: name a checkpoint by its own folder");
        throw new CheckpointException(ProblemList.Format($"{store.PathOf("")}: no checkpoint is chosen", passed));
    }

    // What 'latest' says, also where what it names is not there.
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
            return null; // is said already
        }
    }

    private static string? FirstProblem(OwnedCheckpoint candidate, IProgress<VerificationProgress>? progress, CancellationToken cancellation)
    {
        if (candidate.Problem is not null) return candidate.Problem;
        try
        {
            using var checkpoint = Checkpoint.Open(candidate.Folder);
            return checkpoint.Verify(progress, cancellation) is { IsSound: false } report ? report.Problems[0] : null;
        }
        catch (CheckpointException damaged)
        {
            return damaged.Message;
        }
    }
}
