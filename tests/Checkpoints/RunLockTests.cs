namespace Distributed.Checkpoints.Tests;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Take_HeldByAnother_IsRefusedUntilItIsLetGo()
    {
        var root = Path.Combine(_root.Path, "new");
        using (RunLock.Take(root))
        {
            var error = Assert.Throws<CheckpointException>(() => RunLock.Take(root));
            Assert.Contains(root, error.Message, StringComparison.Ordinal);
            Assert.Contains("Another run", error.Message, StringComparison.Ordinal);
        }

        using var free = RunLock.Take(root);
    }

    [Fact]
    public void Take_BelowAFile_IsRefused()
    {
        var file = Path.Combine(_root.Path, "file");
        File.WriteAllText(file, "");
        var message = Assert.Throws<CheckpointException>(() => RunLock.Take(Path.Combine(file, "below"))).Message;
        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains("may write to", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Another run", message, StringComparison.Ordinal); // there is none
    }
}
