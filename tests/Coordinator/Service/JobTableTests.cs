using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Phases of a job in memory, and what readers see of them.</summary>
public sealed class JobTableTests : IAsyncDisposable
{
    private readonly JobTable _table = new();
    private readonly WorkerPool _pool = new(new PoolOptions(), new ManualTime(), NullLogger<WorkerPool>.Instance);

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    [Fact]
    public void Snapshot_AfterAChange_IsReplacedAndNeverModified()
    {
        var before = _table.Snapshot;
        var (second, first) = (Add(2), Add(1));
        var both = _table.Snapshot;
        first.PublishState(first.Current with { Step = 5 });
        second.Change(job => job with { Step = 7 }); // in memory only

        Assert.Empty(before.Jobs);
        Assert.Equal([0L, 0], both.Jobs.Select(job => job.Stored.Step));
        Assert.Equal([(1L, 5L), (2, 0)], _table.Snapshot.Jobs.Select(job => (job.Stored.Number, job.Stored.Step)));
        Assert.Equal((7, 0), (second.Current.Step, _table.Snapshot.Find("job-2")!.Stored.Step));
        Assert.Null(_table.Find("job-3"));
    }

    [Fact]
    public void PublishState_AfterARequest_KeepsTheRequest()
    {
        var entry = Add(1);
        var older = entry.Current;
        entry.PublishRequest(job => job with { Workers = 5 });

        entry.PublishState(older with { Step = 3 });

        Assert.Equal((5, 3), (entry.Status.Stored.Workers, entry.Status.Stored.Step));
    }

    [Fact]
    public void TryRun_AfterAnotherRequest_IsRefusedUntilTheJobHasReceivedIt()
    {
        var entry = Started();
        var seen = entry.Current;
        entry.PublishRequest(job => job with { Stop = new StopRequest(Save: true, "enough") });

        Assert.Equal(EntryPhase.Starting, entry.TryRun(new NoJob(), seen, () => Task.CompletedTask));
        Assert.Null(_table.Snapshot.Find("job-1")!.Running);
        Assert.Equal(EntryPhase.Running, entry.TryRun(new NoJob(), entry.Current, () => Task.CompletedTask));
        Assert.NotNull(_table.Snapshot.Find("job-1")!.Running);
        Assert.Equal(entry, Assert.Single(_table.Close()));
    }

    [Fact]
    public void TryRun_AfterTheCoordinatorBeganToClose_LeavesTheJobWaiting()
    {
        var entry = Started();
        Assert.Empty(_table.Close());

        Assert.Equal(EntryPhase.Waiting, entry.TryRun(new NoJob(), entry.Current, () => throw new InvalidOperationException("It runs.")));
        Assert.Null(entry.Status.Request);
        Assert.Empty(_table.ReserveForWaiting(_pool));
    }

    [Fact]
    public void TryBeginStopping_OfAWaitingJob_TakesItOutOfTheQueueUntilCancelled()
    {
        var entry = Add(1);
        Assert.True(entry.TryBeginStopping());
        Assert.False(entry.TryBeginStopping());
        Assert.Equal(entry, _table.Snapshot.FirstWaiting!.Entry); // the disk has no end yet

        entry.CancelStopping();
        Assert.True(entry.TryBeginStopping());
        entry.PublishEnd(entry.Current with { State = JobState.Stopped });

        Assert.Equal(EntryPhase.Ended, entry.Status.Phase);
        Assert.Null(_table.Snapshot.FirstWaiting);
    }

    [Theory]
    [InlineData(JobState.Pending, true)]
    [InlineData(JobState.Failed, false)]
    public void PublishEnd_OfARun_IsFollowedByThePhaseOfItsState(JobState state, bool isWaiting)
    {
        var entry = Started();
        entry.TryRun(new NoJob(), entry.Current, () => Task.CompletedTask);
        Assert.False(entry.TryLeaveToNextCoordinator()); // the coordinator does not hand over

        entry.PublishEnd(entry.Current with { State = state });

        var phase = isWaiting ? EntryPhase.Waiting : EntryPhase.Ended;
        Assert.Equal((phase, null, null), (entry.Status.Phase, entry.Status.Running, entry.Status.Request));
    }

    [Fact]
    public void TryLeaveToNextCoordinator_WhileItHandsOver_KeepsTheStateOnDisk()
    {
        var entry = Started();
        entry.TryRun(new NoJob(), entry.Current, () => Task.CompletedTask);
        _table.HandOver();

        Assert.True(entry.TryLeaveToNextCoordinator());
        Assert.Equal((EntryPhase.Reclaimable, null), (entry.Status.Phase, entry.Status.Running));
    }

    private JobEntry Add(long number, EntryPhase phase = EntryPhase.Waiting) => _table.Add(
        new StoredJob { Number = number, Id = $"job-{number}", Name = "job", JobJson = "job 1 9", Workers = 1, Steps = 9 },
        new PlainReader().Restore("job 1 9"), phase);

    // A job that starts: its one worker is idle.
    private JobEntry Started()
    {
        var worker = new ScriptedWorker("worker-0");
        var hello = new Hello { Worker = new WorkerId("worker-0", "1").ToWire(), Cores = 1 };
        Assert.True(_pool.Receive(worker.Link.Coordinator, new WorkerEvent { Hello = hello }));
        var entry = Add(1);
        Assert.Equal(entry, Assert.Single(_table.ReserveForWaiting(_pool)));
        Assert.Equal((EntryPhase.Starting, 1), (entry.Status.Phase, entry.Status.Request!.Held));
        return entry;
    }

    private sealed class NoJob : IRunningJob
    {
        public GoodputReport Ledger => throw new NotSupportedException();

        public void Attach(IWorkerLink worker) => throw new NotSupportedException();

        public Task<JobOutcome> RunAsync(CancellationToken abandon) => throw new NotSupportedException();

        public void RequestStop(bool save, string reason) => throw new NotSupportedException();

        public Task<string?> RequestSave() => throw new NotSupportedException();

        public void RequestScale(int workers) => throw new NotSupportedException();

        public void RequestPause() => throw new NotSupportedException();

        public void RequestResume() => throw new NotSupportedException();
    }
}
