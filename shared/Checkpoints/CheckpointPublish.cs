using System.Text;
using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>The result of retention.</summary>
/// <param name="Deleted">Steps whose folders were removed.</param>
/// <param name="Failed">One line for each folder that was not removed; the next publication tries again.</param>
public sealed record PublishResult(IReadOnlyList<long> Deleted, IReadOnlyList<string> Failed);

/// <summary>Makes a committed checkpoint the one to resume from. Called after the commit has been recorded.</summary>
public static class CheckpointPublish
{
    /// <summary>
    /// (6) Points <c>latest</c> to the folder, atomically and flushed; (7) only then deletes the checkpoints of the same run that the
    /// policy expires. The checkpoint is published even if a deletion fails.
    /// </summary>
    /// <param name="committed">From <see cref="CheckpointCommit.Commit"/>.</param>
    /// <param name="retention">The checkpoints to keep.</param>
    /// <exception cref="CheckpointException">The folder is not a committed checkpoint, or <c>latest</c> cannot be written.</exception>
    public static PublishResult Publish(StoredFolder committed, RetentionPolicy retention)
    {
        var (store, name) = committed;
        if (CheckpointLayout.StepOf(name) is not { } step || !committed.HasManifest)
            throw new CheckpointException(
                $"{committed}: cannot be published: it is not a committed checkpoint. {CheckpointLocation.Choices(store)}");

        try
        {
            BoundedFile.Write(store, "", CheckpointLayout.LatestFile, Encoding.UTF8.GetBytes(name + "\n"));
        }
        catch (IOException e)
        {
            throw SaveFailure.Because(
                $"{store.PathOf("", CheckpointLayout.LatestFile)}: cannot be changed to {name}: {e.Message} "
                + $"{name} itself is complete: name it to resume from it; {SaveFailure.StillValid(store)}.",
                e);
        }

        return Retain(store, CheckpointRuns.Of(committed), retention);
    }

    private static PublishResult Retain(ICheckpointStore store, OwnedCheckpoint latest, RetentionPolicy retention)
    {
        var deleted = new List<long>();
        var failed = new List<string>();
        foreach (var step in Expired())
        {
            var folder = CheckpointLayout.StepFolder(step);
            try
            {
                store.Delete(folder);
                deleted.Add(step);
            }
            catch (IOException e)
            {
                failed.Add($"{store.PathOf(folder)}: cannot be removed: {e.Message}");
            }
        }

        return new PublishResult(deleted, failed);

        IReadOnlyList<long> Expired()
        {
            try
            {
                return retention.Expired(CheckpointLocation.CommittedSteps(store), latest.Step, IsOwn);
            }
            catch (CheckpointException e)
            {
                failed.Add(e.Message);
                return [];
            }
        }

        // Another run's checkpoint is never removed. A checkpoint whose run is unknown may be another run's.
        bool IsOwn(long step)
        {
            var checkpoint = CheckpointRuns.Of(new StoredFolder(store, CheckpointLayout.StepFolder(step)));
            if (checkpoint.Problem is { } problem)
                failed.Add($"{checkpoint.Folder}: is kept, because its run is unknown: {problem}");
            return checkpoint.IsOf(latest.Run);
        }
    }
}
