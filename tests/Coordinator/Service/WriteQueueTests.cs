using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Service;

public sealed class WriteQueueTests
{
    [Fact]
    public async Task Run_FromManyThreads_RunsOneAtATime()
    {
        var queue = new WriteQueue();
        var (inside, most, total) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => WriteThreads.RunAsync(() =>
        {
            for (var write = 0; write < 200; write++)
            {
                queue.Run(() =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    total++;
                    Interlocked.Decrement(ref inside);
                    return 0;
                });
            }
        })));

        Assert.Equal((1, 1600), (most, total));
    }

    [Fact]
    public async Task Run_WhileAnEarlierOneIsInside_Waits()
    {
        var queue = new WriteQueue();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = WriteThreads.RunAsync(() => queue.Run(() =>
        {
            entered.SetResult();
            return release.Task.Wait(HeldStore.Bound);
        }));
        await entered.Task.WaitAsync(HeldStore.Bound, TestContext.Current.CancellationToken);

        var second = WriteThreads.RunAsync(() => queue.Run(() => first.IsCompleted || release.Task.IsCompleted));
        Assert.False(second.IsCompleted);
        release.SetResult();

        Assert.True(await first);
        Assert.True(await second);
    }

    [Fact]
    public void Run_ThatThrows_LetsTheNextOneRun()
    {
        var queue = new WriteQueue();

        Assert.Throws<IOException>(() => queue.Run<int>(() => throw new IOException("no room")));

        Assert.Equal(7, queue.Run(() => 7));
    }
}
