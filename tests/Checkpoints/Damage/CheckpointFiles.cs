namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>The files of a root with its checkpoints as bytes in memory, to change and write.</summary>
/// <param name="Files">Contents of the files by path below the root, with forward slashes.</param>
internal sealed record CheckpointFiles(IReadOnlyDictionary<string, byte[]> Files)
{
    public static CheckpointFiles Load(string root) =>
        new(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllBytes));

    public CheckpointFiles With(string file, Func<byte[], byte[]> change) =>
        new(Files.ToDictionary(f => f.Key, f => f.Key == file ? change(f.Value) : f.Value));

    public CheckpointFiles Without(string file) => new(Files.Where(f => f.Key != file).ToDictionary());

    public CheckpointFiles Renamed(string folder, string name) =>
        new(Files.ToDictionary(f => f.Key.StartsWith(folder + "/", StringComparison.Ordinal) ? name + f.Key[folder.Length..] : f.Key,
            f => f.Value));

    public void WriteTo(string root)
    {
        foreach (var (file, bytes) in Files)
        {
            var path = Path.Combine(root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
        }
    }
}
