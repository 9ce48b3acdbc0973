using System.Text;
using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints;

/// <summary>
/// Finds the checkpoint that a path names: a step's own folder, or the root of a job's checkpoints with its <c>latest</c>.
/// </summary>
public static class CheckpointLocation
{
    /// <summary>Largest size of <c>latest</c> in bytes: longer than any step's name, and short enough for a message.</summary>
    private const int LongestPointer = 256;

    /// <summary>
    /// The folder that <c>latest</c> names; null if no checkpoint has been published below this root. A run that starts uses it to find the
    /// checkpoint to resume from.
    /// </summary>
    /// <exception cref="CheckpointException"><c>latest</c> is damaged or names a folder that does not exist.</exception>
    public static StoredFolder? FindLatest(ICheckpointStore store)
    {
        if (LatestName(store) is not { } name) return null;
        var pointer = store.PathOf("", CheckpointLayout.LatestFile);
        if (CheckpointLayout.StepOf(name) is null)
        {
            throw new CheckpointException(
                $"{pointer}: must hold the name of a step's folder such as {CheckpointLayout.StepFolder(200)}, "
                + $"found {Tensors.Safetensors.SafetensorsException.Quote(name)}. {Choices(store)}");
        }

        var folder = new StoredFolder(store, name);
        if (!folder.HasManifest)
            throw new CheckpointException(
                $"{pointer}: names {name}, which is not there or has no {CheckpointLayout.ManifestFile}. {Choices(store)}");
        return folder;
    }

    /// <summary>
    /// Whether a path is the root of a job's checkpoints: not a checkpoint itself, and with a committed or published checkpoint in it.
    /// </summary>
    /// <exception cref="CheckpointException">The folder cannot be listed.</exception>
    public static bool IsRoot(string path) => !File.Exists(Path.Combine(path, CheckpointLayout.ManifestFile))
        && (File.Exists(Path.Combine(path, CheckpointLayout.LatestFile)) || CommittedSteps(new DirectoryStore(path)).Count > 0);

    /// <summary>Whether the path of a checkpoint is directly below a root.</summary>
    public static bool IsDirectlyBelow(string root, string checkpoint) =>
        Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint)))
        == Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>The checkpoint folder for a user's path.</summary>
    /// <param name="pathOrRoot">Path of a step's folder or of the root of a job's checkpoints.</param>
    /// <exception cref="CheckpointException">There is no checkpoint, or only an unfinished save.</exception>
    public static StoredFolder Resolve(string pathOrRoot)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(pathOrRoot));
        var root = new DirectoryStore(path);
        if (Path.GetDirectoryName(path) is { } parent)
        {
            var folder = new StoredFolder(new DirectoryStore(parent), Path.GetFileName(path));
            if (CheckpointLayout.StepOfTemporary(folder.Name) is not null)
                throw new CheckpointException($"{path}: is an unfinished save and may be incomplete. {Choices(folder.Store)}");
            if (folder.HasManifest) return folder;
        }

        return FindLatest(root) ?? throw new CheckpointException(
            Directory.Exists(path)
                ? $"{path}: has neither a {CheckpointLayout.ManifestFile} (a checkpoint) nor a '{CheckpointLayout.LatestFile}' "
                    + $"(the root of a job's checkpoints). {Choices(root)}"
                : $"{path}: there is no such folder. Give the folder of a run or of a checkpoint.");
    }

    /// <summary>The steps that have a committed folder, ascending.</summary>
    /// <exception cref="CheckpointException">The store cannot list its folders.</exception>
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

    /// <summary>The content of <c>latest</c> without its line end, not validated; null if the file does not exist.</summary>
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

    /// <summary>Lists the committed folders, for the end of a message.</summary>
    internal static string Choices(ICheckpointStore store)
    {
        try
        {
            long[] steps = [.. CommittedSteps(store)
                .Where(step => store.Exists(CheckpointLayout.StepFolder(step), CheckpointLayout.ManifestFile)).OrderDescending()];
            return steps.Length == 0
                ? "There is no committed checkpoint here."
                : $"Committed here: {string.Join(", ", steps.Take(10).Select(CheckpointLayout.StepFolder))}; name one of them to use it.";
        }
        catch (CheckpointException e)
        {
            return e.Message; // the caller reports another problem
        }
    }
}
