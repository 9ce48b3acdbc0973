using System.Text;

namespace Distributed.Checkpoints;

/// <summary>What retention did.</summary>
/// <param name="Deleted">Steps whose folders are gone.</param>
/// <param name="Failed">One line for each folder that could not be removed; the next publication tries again.</param>
public sealed record PublishResult(IReadOnlyList<long> Deleted, IReadOnlyList<string> Failed);

/// <summary>Makes a committed checkpoint the one to resume from. Called when the commit has been recorded.</summary>
public static class CheckpointPublish
{
    /// <summary>
    /// (6) Moves <c>latest</c> to the folder, atomically and flushed; (7) only then deletes what the policy has
    /// expired. A failing deletion fails nothing: the checkpoint is published.
    /// </summary>
    /// <param name="committed">From <see cref="CheckpointCommit.Commit"/>.</param>
    /// <param name="retention">What to keep.</param>
    /// <exception cref="CheckpointException">The folder is not a committed checkpoint, or <c>latest</c> cannot be written.</exception>
    public static PublishResult Publish(string committed, RetentionPolicy retention)
    {
        var root = CheckpointLocation.RootOf(committed);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(committed));
        if (CheckpointLayout.StepOf(name) is not { } step || !File.Exists(Path.Combine(committed, CheckpointLayout.ManifestFile)))
            throw new CheckpointException($"{committed}: cannot be published, it is not a committed checkpoint. {CheckpointLocation.Choices(root)}");

        var pointer = Path.Combine(root, CheckpointLayout.LatestFile);
        try
        {
            DurableFile.Replace(pointer, Encoding.UTF8.GetBytes(name + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{pointer}: cannot be moved to {name}: {e.Message} {name} itself is complete and can be named to resume from it; {SaveFailure.StillValid(root)}.", e);
        }

        return Retain(root, step, retention);
    }

    private static PublishResult Retain(string root, long latest, RetentionPolicy retention)
    {
        var deleted = new List<long>();
        var failed = new List<string>();
        foreach (var step in retention.Expired(CheckpointLayout.CommittedSteps(root), latest))
        {
            var folder = Path.Combine(root, CheckpointLayout.StepFolder(step));
            try
            {
                FolderRemoval.DeleteCommitted(folder);
                deleted.Add(step);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failed.Add($"{folder}: cannot be removed: {e.Message}");
            }
        }

        return new PublishResult(deleted, failed);
    }
}
