using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Storage;

public sealed class StateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StateFile _file;

    public StateFileTests() =>
        _file = StateFile.Open(_folder.At("some.db"), ["CREATE TABLE numbers (number INTEGER)"], "SELECT number FROM numbers", "Fix it.");

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Read_WhileAWriteRuns_ReturnsWhatIsCommitted()
    {
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writing = WriteThreads.RunAsync(() => _file.Write(durable: true, connection =>
        {
            connection.Run("INSERT INTO numbers VALUES (1)");
            entered.SetResult();
            return release.Task.Wait(HeldStore.Bound) ? connection.Scalar("SELECT count(*) FROM numbers") : null;
        }));
        await entered.Task.WaitAsync(HeldStore.Bound, TestContext.Current.CancellationToken);

        Assert.Equal(0L, Count());
        Assert.False(writing.IsCompleted);
        release.SetResult();

        Assert.Equal(1L, await writing); // the write reads its own rows
        Assert.Equal(1L, Count());
    }

    [Fact]
    public void Write_ThatFails_ChangesNothing()
    {
        Assert.Throws<IOException>(() => _file.Write(durable: false, connection =>
        {
            connection.Run("INSERT INTO numbers VALUES (1)");
            return connection.Run("INSERT INTO nothing VALUES (1)");
        }));

        Assert.Equal(0L, Count());
    }

    [Fact]
    public void Dispose_AfterReadsAndWrites_LeavesOneFile()
    {
        _file.Write(durable: true, connection => connection.Run("INSERT INTO numbers VALUES (1)"));
        Count();

        _file.Dispose();

        Assert.Equal(["some.db"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }

    private object? Count() => _file.Read(connection => connection.Scalar("SELECT count(*) FROM numbers"));
}
