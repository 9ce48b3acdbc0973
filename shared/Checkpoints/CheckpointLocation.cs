using System.Text;
using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>Finds the folder that a path means: a step's own folder, or the root of a job with its <c>latest</c>.</summary>
public static class CheckpointLocation
{
    /// <summary>Bytes of <c>latest</c>: more than any step's name, and little enough to be shown.</summary>
    private const int LongestPointer = 256;

    /// <summary>
    /// The folder that <c>latest</c> names, or null when nothing has been published below this root. What a run
    /// asks when it starts: a folder to resume from, or none.
    /// </summary>
    /// <exception cref="CheckpointException"><c>latest</c> is damaged or names a folder that is not there.</exception>
    public static StoredFolder? FindLatest(ICheckpointStore store)
    {
        if (LatestName(store) is not { } name) return null;
        var pointer = store.PathOf("", CheckpointLayout.LatestFile);
        if (CheckpointLayout.StepOf(name) is null)
            throw new CheckpointException($"{pointer}: must hold the name of a step's folder such as {CheckpointLayout.StepFolder(200)}, found {Tensors.Safetensors.SafetensorsException.Quote(name)}. {Choices(store)}");
        var folder = new StoredFolder(store, name);
        if (!folder.HasManifest)
            throw new CheckpointException($"{pointer}: names {name}, which is not there or has no {CheckpointLayout.ManifestFile}. {Choices(store)}");
        return folder;
    }

    /// <summary>Whether a path is the root of a job's checkpoints, with something committed or published in it, and not a checkpoint itself.</summary>
    /// <exception cref="CheckpointException">The folder cannot be listed.</exception>
    public static bool IsRoot(string path) => !File.Exists(Path.Combine(path, CheckpointLayout.ManifestFile))
        && (File.Exists(Path.Combine(path, CheckpointLayout.LatestFile)) || CommittedSteps(new DirectoryStore(path)).Count > 0);

    /// <summary>Whether a checkpoint lies in a root, by their paths.</summary>
    public static bool IsBelow(string root, string checkpoint) =>
        Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint)))
        == Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>The folder that a user's path means.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or only an unfinished one.</exception>
    public static StoredFolder Resolve(string pathOrRoot)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(pathOrRoot));
        var root = new DirectoryStore(path);
        if (Path.GetDirectoryName(path) is { } parent)
        {
            var folder = new StoredFolder(new DirectoryStore(parent), Path.GetFileName(path));
            if (CheckpointLayout.StepOfTemporary(folder.Name) is not null)
                throw new CheckpointException($"{path}: is a save that was not finished and may lack anything. {Choices(folder.Store)}");
            if (folder.HasManifest) return folder;
        }

        return FindLatest(root) ?? throw new CheckpointException(
            Directory.Exists(path)
                ? $"{path}: has neither a {CheckpointLayout.ManifestFile} (a checkpoint) nor a '{CheckpointLayout.LatestFile}' (the root of a job's checkpoints). {Choices(root)}"
                : $"{path}: there is no such folder, so no checkpoint.");
    }

    /// <summary>Steps that have a committed folder, ascending.</summary>
    /// <exception cref="CheckpointException">The store cannot list them.</exception>
    public static IReadOnlyList<long> CommittedSteps(ICheckpointStore store)
    {
        try
        {
            return [.. store.Folders().Select(CheckpointLayout.StepOf).OfType<long>().Order()];
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{store.PathOf("")}: its checkpoints cannot be listed: {e.Message}", e);
        }
    }

    /// <summary>What <c>latest</c> says, unchecked but for its end; null when there is none.</summary>
    internal static string? LatestName(ICheckpointStore store)
    {
        try
        {
            var text = Encoding.UTF8.GetString(BoundedFile.Read(store, "", CheckpointLayout.LatestFile, LongestPointer));
            return text.TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The committed folders as advice.</summary>
    internal static string Choices(ICheckpointStore store)
    {
        try
        {
            long[] steps = [.. CommittedSteps(store).Where(step => store.Holds(CheckpointLayout.StepFolder(step), CheckpointLayout.ManifestFile)).OrderDescending()];
            return steps.Length == 0
                ? "There is no committed checkpoint beside it."
                : $"Committed here: {string.Join(", ", steps.Take(10).Select(CheckpointLayout.StepFolder))}; name one of them to use it.";
        }
        catch (CheckpointException e)
        {
            return e.Message; // what is being reported is another problem
        }
    }
}
