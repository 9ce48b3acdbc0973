using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests.Stores;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Take_HeldByAnother_IsRefusedUntilItIsLetGo()
    {
        var root = Path.Combine(_root.Path, "new");
        using (new DirectoryStore(root).Claim())
        {
            var error = Assert.Throws<CheckpointException>(() => new DirectoryStore(root).Claim());
            Assert.Contains(root, error.Message, StringComparison.Ordinal);
            Assert.Contains("Another run", error.Message, StringComparison.Ordinal);
        }

        using var free = new DirectoryStore(root).Claim();
    }

    [Fact]
    public void Take_BelowAFile_IsRefused()
    {
        var file = Path.Combine(_root.Path, "file");
        File.WriteAllText(file, "");
        var message = Assert.Throws<CheckpointException>(() => new DirectoryStore(Path.Combine(file, "below")).Claim()).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains("may write to", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Another run", message, StringComparison.Ordinal); // there is none
    }
}
