using Distributed.Configuration;

namespace Distributed.Data.Preparation;

/// <summary>
/// A folder of the cache that is being written. It has a temporary name and is renamed when complete, so that a folder with its final name
/// is always complete. An open lock file distinguishes a live writer from one that died.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    public const string Train = "train";
    public const string Evaluation = "evaluation";
    public const string Tokenizer = "tokenizer";
    public const string EvaluationText = "evaluation.txt";

    private const string LockName = ".lock";

    private readonly string _final;
    private readonly FileStream _lock;

    public DataFolder(string final)
    {
        _final = final;
        RemoveAbandoned();
        Path = $"{final}.tmp-{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path);
        _lock = new FileStream(Join(LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public string Path { get; }

    public static bool IsComplete(string final) =>
        FileStatus.Of(System.IO.Path.Combine(final, DataSummary.FileName)).Kind == FileKind.Regular;

    public string Join(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Renames the folder to its final name. If another process has published the same content first, its folder stays.</summary>
    public void Publish()
    {
        _lock.Dispose();
        File.Delete(Join(LockName));
        if (Directory.Exists(_final) && !IsComplete(_final))
        {
            Directory.Delete(_final, recursive: true);
        }

        try
        {
            Directory.Move(Path, _final);
        }
        catch (IOException) when (IsComplete(_final))
        {
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private void RemoveAbandoned()
    {
        var parent = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(_final)!).FullName;
        foreach (var folder in Directory.EnumerateDirectories(parent, System.IO.Path.GetFileName(_final) + ".tmp-*"))
        {
            try
            {
                // Opens only if no live process holds the lock file.
                using (new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }

                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process still writes the folder, or has just finished.
            }
        }
    }
}
