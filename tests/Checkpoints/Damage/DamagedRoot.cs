namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>A root of two checkpoints on disk that is damaged and restored for each case.</summary>
internal sealed class DamagedRoot : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DamagedRoot()
    {
        Path = System.IO.Path.Combine(_folder.Path, "root");
        CorpusRun.Save(Path, CorpusRun.Step);
        CorpusRun.Save(Path, CorpusRun.Step + 1);
        Sound = CheckpointFiles.Load(Path);
    }

    public string Path { get; }

    /// <summary>The undamaged files.</summary>
    public CheckpointFiles Sound { get; }

    /// <summary>Current size of all files in bytes.</summary>
    public long Bytes => Sound.Files.Keys.Select(f => new FileInfo(At(f))).Where(f => f.Exists).Sum(f => f.Length);

    public string At(string file) => System.IO.Path.Combine(Path, file);

    public void Restore(Mutation mutation)
    {
        foreach (var path in mutation.Files.Select(At))
        {
            if (Directory.Exists(path)) Directory.Delete(path);
            else File.Delete(path);
        }

        foreach (var file in mutation.Files) File.WriteAllBytes(At(file), Sound.Files[file]);
    }

    public void Dispose() => _folder.Dispose();
}
