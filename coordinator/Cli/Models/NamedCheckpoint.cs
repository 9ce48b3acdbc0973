using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Cli.Models;

/// <summary>Opens the checkpoint that a path names, for reading.</summary>
internal static class NamedCheckpoint
{
    /// <summary>
    /// Opens a checkpoint and passes it to <paramref name="use"/>. A run's folder stands for its latest checkpoint. If that is damaged, a
    /// warning describes the damage, and the newest valid checkpoint of the same run is used instead.
    /// </summary>
    /// <param name="streams">Receives the warning.</param>
    /// <param name="path">Folder of a run or of one checkpoint.</param>
    /// <param name="use">Reads the checkpoint; called again with the other checkpoint if the first one is damaged.</param>
    /// <exception cref="CheckpointException">
    /// The checkpoint does not exist, the given checkpoint is damaged, or all checkpoints of the run are damaged.
    /// </exception>
    public static T Use<T>(CommandOutput streams, string path, Func<Checkpoint, T> use)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            return use(checkpoint);
        }
        catch (CheckpointException) when (CheckpointLocation.IsRoot(path))
        {
            if (LatestValidCheckpoint.Find(new DirectoryStore(path)) is not { Skipped.Count: > 0 } valid) throw;
            foreach (var problem in valid.Skipped)
                streams.Error.WriteLine($"warning: a newer checkpoint is damaged; using {valid.Folder.Name} instead: {problem}");
            using var checkpoint = Checkpoint.Open(valid.Folder);
            return use(checkpoint);
        }
    }
}
