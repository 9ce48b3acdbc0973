using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Training.Checkpointing;

namespace Distributed.Training.Tests.Checkpointing;

public sealed class StoreWorkTests
{
    private readonly DirectoryStore _store = new(Path.Combine(Path.GetTempPath(), "distributed-no-such-folder"));

    [Fact]
    public void Wait_WorkEndsInTime_ReturnsItsResult()
    {
        var work = new StoreWork(_store, TimeSpan.Zero);
        Assert.Equal(3, work.Wait("the work", Task.FromResult(3)));
        Assert.False(work.HasAbandoned);
        work.RequireNoneAbandoned();
    }

    [Fact]
    public void Wait_WorkFails_ThrowsItsException()
    {
        var work = new StoreWork(_store, TimeSpan.Zero);
        Assert.Throws<IOException>(() => work.Wait("the work", Task.FromException<int>(new IOException())));
        Assert.False(work.HasAbandoned);
    }

    [Fact]
    public void Wait_WorkDoesNotEndInTime_AbandonsItUntilItEnds()
    {
        var work = new StoreWork(_store, TimeSpan.Zero);
        var hanging = new TaskCompletionSource<int>();

        var late = Assert.Throws<CheckpointException>(() => work.Wait("the commit", hanging.Task));

        Assert.Contains("the commit has not finished within 0 s (checkpoint.timeout_seconds)", late.Message, StringComparison.Ordinal);
        Assert.True(work.HasAbandoned);
        Assert.Throws<CheckpointException>(work.RequireNoneAbandoned);
        hanging.SetException(new IOException());
        Assert.False(work.HasAbandoned);
        work.RequireNoneAbandoned();
    }

    [Fact]
    public void HasAbandoned_SeveralWorks_IsTrueUntilAllHaveEnded()
    {
        var work = new StoreWork(_store, TimeSpan.Zero);
        TaskCompletionSource first = new(), second = new();
        work.Abandon(first.Task);
        work.Abandon(second.Task);
        second.SetResult();
        Assert.True(work.HasAbandoned);
        first.SetResult();
        Assert.False(work.HasAbandoned);
    }
}
