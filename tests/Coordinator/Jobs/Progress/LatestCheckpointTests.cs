using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Progress;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Jobs.Progress;

/// <summary>Tests which checkpoint is the newest of a job.</summary>
public sealed class LatestCheckpointTests
{
    private static readonly CommittedCheckpoint First = new("step-4", 4), Later = new("step-6", 6);

    private readonly PlainFolders _folders = new();

    [Fact]
    public void Known_OfANewJob_IsNull()
    {
        var checkpoint = new LatestCheckpoint(TestGroup.Job(2), _folders);

        Assert.Null(checkpoint.Known);
        Assert.Equal(0, checkpoint.Step);
        Assert.Null(checkpoint.Refresh(furthest: 9));
    }

    [Fact]
    public void Report_OfAnOlderCheckpoint_IsIgnored()
    {
        var checkpoint = OfJob();
        checkpoint.Report(Later);

        checkpoint.Report(First);

        Assert.Equal((Later, 6L), (checkpoint.Known, checkpoint.Step));
    }

    [Theory]
    [InlineData(6, false, true)]
    [InlineData(5, false, false)] // of an earlier run
    [InlineData(5, true, true)] // no coordinator was running
    public void Refresh_ALaterCheckpointOnDisk_IsOfThisJobIfItHasReachedTheStep(long furthest, bool hasRecord, bool isReplaced)
    {
        _folders.Latest = Later;
        var checkpoint = OfJob(hasRecord);

        Assert.Equal(isReplaced ? First : null, checkpoint.Refresh(furthest));
        Assert.Equal(isReplaced ? Later : First, checkpoint.Known);
    }

    [Fact]
    public void Refresh_TheKnownCheckpointIsDeleted_TakesTheLatestOnDisk()
    {
        _folders.Latest = new CommittedCheckpoint("step-2", 2);
        _folders.Gone.Add(First.Folder);
        var checkpoint = OfJob();

        Assert.Equal(First, checkpoint.Refresh(furthest: 5));
        Assert.Equal(_folders.Latest, checkpoint.Known);
    }

    [Fact]
    public void Refresh_WithoutAFileSystem_KeepsTheKnown()
    {
        var checkpoint = new LatestCheckpoint(TestGroup.Job(2) with { Start = new ResumePoint(First.Folder, First.Step) }, folders: null);

        Assert.Null(checkpoint.Refresh(furthest: 9));
        Assert.Equal(First, checkpoint.Known);
    }

    private LatestCheckpoint OfJob(bool hasRecord = false) => new(TestGroup.Job(2) with
    {
        Start = new ResumePoint(First.Folder, First.Step),
        Record = hasRecord ? new JobRecord(1, RecordedState.Ended, 2, 1, [], 4, 4) : null,
    }, _folders);
}
