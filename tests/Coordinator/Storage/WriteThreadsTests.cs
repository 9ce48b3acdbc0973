using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Storage;

public sealed class WriteThreadsTests
{
    [Fact]
    public async Task RunAsync_WhileManyOthersAreBlocked_Runs()
    {
        using var entered = new CountdownEvent(50);
        var release = new TaskCompletionSource();
        var blocked = Enumerable.Range(0, 50).Select(_ => WriteThreads.RunAsync(() =>
        {
            entered.Signal();
            return release.Task.Wait(HeldStore.Bound);
        })).ToArray();
        Assert.True(entered.Wait(HeldStore.Bound, TestContext.Current.CancellationToken)); // all at the same time

        var isPoolThread = await WriteThreads.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread);
        release.SetResult();

        Assert.False(isPoolThread);
        Assert.All(await Task.WhenAll(blocked), Assert.True);
    }

    [Fact]
    public async Task RunAsync_OfMuchWork_RunsEachOnce()
    {
        var total = 0;

        await Task.WhenAll(Enumerable.Range(0, 5000).Select(_ => WriteThreads.RunAsync(() => { Interlocked.Increment(ref total); })));

        Assert.Equal(5000, total);
    }

    [Fact]
    public async Task RunAsync_OfWorkThatThrows_ThrowsTheSame() => Assert.Equal("no room",
        (await Assert.ThrowsAsync<IOException>(() => WriteThreads.RunAsync(() => throw new IOException("no room")))).Message);
}
