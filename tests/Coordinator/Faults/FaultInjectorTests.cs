using Distributed.Protocol.Faults;
using Distributed.Training.Reports;
using Distributed.Worker.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests when and in which order a worker injects its faults, and what it records of them.</summary>
public sealed class FaultInjectorTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faults-");
    private readonly List<string> _log = [];
    private readonly FaultJournal _journal;

    public FaultInjectorTests() => _journal = FaultJournal.OfRun(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Fault_OfAStep_IsInjectedOnceAfterItsCommitIsReported()
    {
        var events = Wrap("kill:a@step=2");

        foreach (var step in new[] { 1, 2, 1, 2, 3 }) events.StepCommitted(Step(step)); // replayed in between

        Assert.Equal(["committed 1", "committed 2", "kill, noted kill:a@step=2", "committed 1", "committed 2", "committed 3"], _log);
    }

    [Fact]
    public void Faults_OfOneStep_EndTheRankLast()
    {
        var events = Wrap("kill:a@step=1;stop:a@step=1,seconds=8;dropped-connection:a@step=1;partition:a@step=1,seconds=2");

        events.StepCommitted(Step(1));

        Assert.Equal(["committed 1", "cut", "partition 00:00:02", "stop 00:00:08", "kill"], _log.Select(line => line.Split(',')[0]));
        Assert.Equal(4, _journal.Read().Count);
    }

    [Fact]
    public void Stop_WithoutSeconds_IsPermanent()
    {
        Wrap("stop:a@step=1").StepCommitted(Step(1));

        Assert.Equal("stop , noted stop:a@step=1", _log[^1]);
    }

    [Fact]
    public void Exception_IsThrownWithTheNameOfTheFault()
    {
        var events = Wrap("exception:a@step=3");
        events.StepCommitted(Step(2));

        var error = Assert.Throws<InjectedFaultException>(() => events.StepCommitted(Step(3)));

        Assert.EndsWith("exception:a@step=3", error.Message);
        Assert.Equal(["exception:a@step=3"], _journal.Read().Select(fault => fault.ToString()));
        events.StepCommitted(Step(3));
    }

    [Fact]
    public void DroppedConnection_WithoutAConnectionToCut_IsSkippedAndNotRecorded()
    {
        Wrap("dropped-connection:a@step=1", new FaultTools()).StepCommitted(Step(1));

        Assert.Equal(["committed 1"], _log);
        Assert.Empty(_journal.Read());
    }

    [Fact]
    public void DiskFull_FillsTheStoreOnceItIsDue()
    {
        var injector = Injector("disk-full:a@step=1");
        var store = injector.Store!(_folder.FullName);
        store.Create("step-1");

        injector.Wrap(new Recorder(_log)).StepCommitted(Step(1));

        Assert.Throws<IOException>(() => store.Create("step-2"));
        store.Create("step-2"); // one write was refused
        Assert.Equal(["disk-full:a@step=1"], _journal.Read().Select(fault => fault.ToString()));
    }

    [Fact]
    public void Injector_WithoutFaults_ChangesNothing()
    {
        var events = new Recorder(_log);
        var injector = new FaultInjector([], new FaultTools(), _journal, TimeProvider.System);

        Assert.Same(events, injector.Wrap(events));
        Assert.Null(injector.Store);
        Assert.Null(injector.AfterBackward);
    }

    [Fact]
    public void Partition_AtATime_IsInjectedOnRequestIntoTheRunningRank()
    {
        _journal.Add(FaultJournal.Coordinator, FaultPlan.Parse("partition:a@time=5,seconds=2").Faults[0]);
        var requested = new RequestedFaults(new Tools(this));
        var injector = Injector("partition:a@time=5,seconds=2;kill:a@step=9", new FaultTools { RequestedFaults = requested });
        injector.Wrap(new Recorder(_log)).StepCommitted(Step(8));

        foreach (var fault in FaultPlan.Parse("partition:a@time=5,seconds=2;kill:a@time=6").Faults)
            using (injector.RegisterForRequests()) requested.Raise(fault);

        Assert.Equal(["committed 8", "partition 00:00:02, noted partition:a@time=5,seconds=2"], _log);
        Assert.Null(Injector("kill:a@step=9", new FaultTools { RequestedFaults = requested }).RegisterForRequests());
    }

    private FaultInjector Injector(string plan, FaultTools? tools = null) =>
        new(FaultPlan.Parse(plan).Faults, tools ?? new FaultTools { Process = new Tools(this), Connection = new Tools(this) }, _journal,
            TimeProvider.System);

    private ITrainingEvents Wrap(string plan, FaultTools? tools = null) => Injector(plan, tools).Wrap(new Recorder(_log));

    private static StepReport Step(long step) => new()
    {
        Step = step, Loss = 1, MtpLosses = [], BalanceLoss = 1, GradientNorm = 1, LearningRate = 1, Tokens = 1, MaxVio = 0, Seconds = 1,
        ExchangeSeconds = 0,
    };

    // Records the actions on the process and its link, with the last entry of the journal at that time.
    private sealed class Tools(FaultInjectorTests test) : IProcessFaults, IConnectionFaults
    {
        public void Kill() => Add("kill");

        public void Stop(TimeSpan? length) => Add($"stop {length}");

        public void Cut() => Add("cut");

        public void Partition(TimeSpan length) => Add($"partition {length}");

        private void Add(string what) => test._log.Add($"{what}, noted {test._journal.Read()[^1]}");
    }

    private sealed class Recorder(List<string> log) : ITrainingEvents
    {
        public void RecoveryPointTaken(RecoveryPointReport report) { }

        public void Ready(long nextStep) => log.Add($"ready {nextStep}");

        public void StepCommitted(StepReport report) => log.Add($"committed {report.Step}");

        public void Evaluated(EvaluationReport report) => log.Add("evaluated");

        public void CheckpointSaved(CheckpointReport report) => log.Add("saved");

        public void CheckpointFailed(long step, string message) => log.Add("not saved");

        public void Profiled(ProfileReport report) => log.Add("profiled");
    }
}
