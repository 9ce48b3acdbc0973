using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Cli.Models;

/// <summary>The checkpoint that a path names, to be looked at.</summary>
internal static class NamedCheckpoint
{
    /// <summary>
    /// Uses it. Of a run's folder that is the latest one; where that is damaged, the newest sound one of the same run, and a warning names
    /// the damage.
    /// </summary>
    /// <param name="shell">Where the warning goes.</param>
    /// <param name="path">Folder of a run or of one checkpoint.</param>
    /// <param name="use">What is done with it; done again from the beginning with the other one.</param>
    /// <exception cref="CheckpointException">There is none, or it is damaged and was named by its own folder, or all are.</exception>
    public static T Use<T>(CommandOutput shell, string path, Func<Checkpoint, T> use)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            return use(checkpoint);
        }
        catch (CheckpointException) when (CheckpointLocation.IsRoot(path))
        {
            if (LatestValidCheckpoint.Find(new DirectoryStore(path)) is not { Passed.Count: > 0 } sound) throw;
            foreach (var problem in sound.Passed)
                shell.Error.WriteLine($"warning: a newer checkpoint is damaged, so that {sound.Folder.Name} is used: {problem}");
            using var checkpoint = Checkpoint.Open(sound.Folder);
            return use(checkpoint);
        }
    }
}
