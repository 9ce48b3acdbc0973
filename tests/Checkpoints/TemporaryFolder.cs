using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

/// <summary>A folder for one test, removed at its end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("checkpoint-test-").FullName;

    public DirectoryStore Store => new(Path);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
