using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Goodput;

public sealed class GoodputLedgerTests
{
    private readonly ManualTime _time = new();
    private readonly GoodputLedger _ledger;

    public GoodputLedgerTests() => _ledger = new GoodputLedger(_time);

    [Fact]
    public void Report_OfARunWithAllCategories_SumsToItsTime()
    {
        After(4, Ready(0, dataSeconds: 1));                                                   // start 3, data 1
        Report(1, Step(1, seconds: 8, exchange: 3, batch: 0.5, commit: 0.25));
        // data 0.5, waiting 1, productive 7.25, idle 1.25
        After(10, Step(1, seconds: 8, exchange: 1, batch: 0.5, commit: 0.25));
        Report(1, new WorkerEvent { RecoveryPoint = new RecoveryPointTaken { Seconds = 2 } });
        Report(0, new WorkerEvent { RecoveryPoint = new RecoveryPointTaken { Seconds = 1 } });
        Report(0, new WorkerEvent { Checkpoint = new CheckpointSaved { HeldUpSeconds = 1 } });
        Report(0, new WorkerEvent { Evaluation = new HeldOutScored { Seconds = 0.5 } });
        // checkpoint 1, recovery point 1.5, productive 0.5 + 6
        After(9, Step(2, seconds: 6));
        After(2, new RecoveryBegan(new Failure(FailureCause.WorkerLost), 2));                   // detection 2
        After(1, new EpochBegan(2, 2, FromStep: 1, Replayed: 1, Lost: 0, "a point"));
        After(3, Ready(1));                                                                   // recovery 1 + 3
        After(6, Step(2, seconds: 6));                                                        // replay 6
        After(6, Step(3, seconds: 6));                                                        // productive 6
        Report(0, new WorkerEvent { Checkpoint = new CheckpointSaved { HeldUpSeconds = 1 } });
        After(1.5, new StateChanged(JobState.Ending, JobState.Completed));                    // checkpoint 1, idle 0.5

        var report = _ledger.Report;

        Assert.Equal((42.5, 1, 0), (report.Wall, report.StepsReplayed, report.StepsLost));
        Assert.Equal(report.Wall, report.Seconds.Values.Sum(), 9);
        AssertSeconds(LedgerCategory.Start, 3);
        AssertSeconds(LedgerCategory.Data, 1.5);
        AssertSeconds(LedgerCategory.WaitingForPeer, 1);
        AssertSeconds(LedgerCategory.Productive, 7.25 + 6.5 + 6);
        AssertSeconds(LedgerCategory.Checkpoint, 2);
        AssertSeconds(LedgerCategory.RecoveryPoint, 1.5);
        AssertSeconds(LedgerCategory.Detection, 2);
        AssertSeconds(LedgerCategory.Recovery, 4);
        AssertSeconds(LedgerCategory.Replay, 6);
        AssertSeconds(LedgerCategory.Idle, 1.25 + 0.5);

        void AssertSeconds(LedgerCategory category, double seconds) => Assert.True(Math.Abs(seconds - report.Seconds[category]) < 1e-6,
            $"{category}: {report.Seconds[category]} instead of {seconds}");
    }

    [Fact]
    public void Report_RanksReportMoreTimeThanTheClock_StillSums()
    {
        After(1, Ready(0));
        After(1, Step(1, seconds: 5, batch: 3));

        Assert.Equal(2, _ledger.Report.Seconds.Values.Sum(), 9);
    }

    [Fact]
    public void Report_SomeCommitsArriveLate_CountsNoIdleTimeForIt()
    {
        After(1, Ready(0));
        double[] late = [0, 0.3, 0.3, 0, 0.1, 0.4, 0, 0, 0.2, 0.1];
        // 0.1 s of each step is idle.
        for (var step = 1; step < late.Length; step++) After(2 + late[step] - late[step - 1], Step(step, seconds: 1.9));

        Assert.Equal(9 * 0.1 + 0.1, _ledger.Report.Seconds[LedgerCategory.Idle], 6); // the last commit may be late
        Assert.Equal(9 * 1.9, _ledger.Report.Seconds[LedgerCategory.Productive], 6);
        Assert.Equal(_ledger.Report.Wall, _ledger.Report.Seconds.Values.Sum(), 9);
    }

    [Fact]
    public void Report_AfterARecovery_ReclaimsNothingFromThePreviousGroup()
    {
        After(1, Ready(0));
        After(3, Step(1, seconds: 2)); // idle 1
        After(1, new RecoveryBegan(new Failure(FailureCause.WorkerLost), 1));
        After(1, Ready(1));
        After(2, Step(2, seconds: 2.5)); // more than the elapsed time

        Assert.Equal(1, _ledger.Report.Seconds[LedgerCategory.Idle], 6);
    }

    [Fact]
    public void Report_OfAPausedRun_IsIdle()
    {
        After(1, Ready(0));
        After(2, new StateChanged(JobState.Rescaling, JobState.Paused));
        After(50, new EpochBegan(2, 1, 0, 0, 0, "a checkpoint"));
        After(3, Ready(0));

        Assert.Equal(52, _ledger.Report.Seconds[LedgerCategory.Idle], 6);
        Assert.Equal(3, _ledger.Report.Seconds[LedgerCategory.Recovery], 6);
    }

    private void Report(int rank, WorkerEvent message) => _ledger.On(new RankReported(rank, message));

    private void After(double seconds, JobNotice notice)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _ledger.On(notice);
    }

    private void After(double seconds, WorkerEvent message) => After(seconds, new RankReported(0, message));

    private static WorkerEvent Ready(long step, double dataSeconds = 0) =>
        new() { Identity = new StepIdentity { Step = step }, Ready = new Ready { DataSeconds = dataSeconds } };

    private static WorkerEvent Step(long step, double seconds, double exchange = 0, double batch = 0, double commit = 0) => new()
    {
        Identity = new StepIdentity { Step = step },
        Step = new StepCommitted { Seconds = seconds, ExchangeSeconds = exchange, BatchSeconds = batch, CommitSeconds = commit },
    };
}
