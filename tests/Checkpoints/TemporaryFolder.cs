using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

/// <summary>A folder of a test's own, gone with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("checkpoint-test-").FullName;

    public DirectoryStore Store => new(Path);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
