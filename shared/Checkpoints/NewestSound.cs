using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// The newest checkpoint of a run that is whole: what <c>latest</c> names, or where that is damaged the one before it, and so on. Every
/// byte is read and checked before it is chosen.
/// </summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Passed">What is wrong with those that would have come before it, a line each that names file and tensor.</param>
public sealed record NewestSound(StoredFolder Folder, IReadOnlyList<string> Passed)
{
    /// <summary>Finds it.</summary>
    /// <param name="store">Of the job's checkpoints.</param>
    /// <param name="progress">Told after every piece that is read.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>Null where nothing was ever committed.</returns>
    /// <exception cref="CheckpointException">There are checkpoints, and all are damaged.</exception>
    public static NewestSound? Find(ICheckpointStore store, IProgress<VerificationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var passed = new List<string>();
        foreach (var folder in Candidates(store, passed))
        {
            if (FirstProblem(folder, progress, cancellation) is not { } problem) return new NewestSound(folder, passed);
            passed.Add(problem);
        }

        return passed.Count == 0 ? null : throw new CheckpointException(ProblemList.Format($"{store.PathOf("")}: no checkpoint here is whole", passed));
    }

    // What 'latest' names and all before it; later ones belong to a run that was rolled back.
    private static IEnumerable<StoredFolder> Candidates(ICheckpointStore store, List<string> passed)
    {
        var steps = CheckpointLocation.CommittedSteps(store).Reverse();
        try
        {
            if (CheckpointLocation.FindLatest(store) is not { } latest) return [];
            var newest = CheckpointLayout.StepOf(latest.Name);
            steps = steps.Where(step => step <= newest);
        }
        catch (CheckpointException damaged)
        {
            passed.Add(damaged.Message);
        }

        return steps.Select(step => new StoredFolder(store, CheckpointLayout.StepFolder(step)));
    }

    private static string? FirstProblem(StoredFolder folder, IProgress<VerificationProgress>? progress, CancellationToken cancellation)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(folder);
            return checkpoint.Verify(progress, cancellation) is { IsSound: false } report ? report.Problems[0] : null;
        }
        catch (CheckpointException damaged)
        {
            return damaged.Message;
        }
    }
}
