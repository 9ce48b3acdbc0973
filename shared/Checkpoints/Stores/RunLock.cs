namespace Distributed.Checkpoints.Stores;

/// <summary>
/// One run at a time saves into a folder: held by its rank 0, and let go with the process, however it ends.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string FileName = ".lock";
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes a folder for this run.</summary>
    /// <param name="root">Of the job's checkpoints; made if need be.</param>
    /// <exception cref="CheckpointException">Another run has it, or it cannot be written to.</exception>
    public static RunLock Take(string root)
    {
        var path = Path.Combine(Path.GetFullPath(root), FileName);
        try
        {
            Directory.CreateDirectory(root);
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new CheckpointException($"{path}: is held: {e.Message} Another run saves into this folder: let it end, or choose another one (checkpoint.directory).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be made: {e.Message} Choose a folder that this user may write to, on a disk with room (checkpoint.directory).", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
