using Distributed.Checkpoints;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Faults;
using Distributed.Simulation.Invariants;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Service;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation;

/// <summary>One schedule: the real coordinator, ledger workers, the network between them, the faults, and the invariants.</summary>
internal sealed partial class SimulatedWorld : IJobObserver
{
    private readonly SeededRandom _random;
    private readonly Dictionary<long, BarrierRegistry> _groups = [];
    private readonly List<LedgerWorker> _workers = [];
    private readonly HashSet<int> _members = []; // processes that the coordinator has admitted
    private JobOutcome? _waits; // outcome with which the job began to wait for workers
    private readonly IReadOnlyList<Invariant> _invariants;
    private readonly ScheduledFaultInjector _faults;
    private readonly PlannedFaults? _planned;

    public SimulatedWorld(ulong seed, ScheduleOptions options, bool trace)
    {
        Options = options;
        _random = new SeededRandom(seed);
        Log = new EventLog(Time, trace);
        Scenario = ScenarioGenerator.Of(_random.Fork(), options);
        Checkpoints = new SimulatedCheckpoints(new RetentionPolicy(Scenario.Keep));
        if (Scenario.Job.Checkpoint is not null) Checkpoints.Publish(Scenario.Root);
        _invariants = Invariant.All(this);
        _faults = new ScheduledFaultInjector(this, Scenario.Faults, _random.Fork());
        if (options.Plan is { } plan) _planned = new PlannedFaults(this, plan, _random.Fork());
        if (Scenario.Job.Checkpoint is { } first) _checkpoint = new CommittedCheckpoint(first, Scenario.Job.FirstStep);
        _committed = (0, Scenario.Job.FirstStep);
        if (Scenario.IsServed) Served = new ServedJob(this);
    }

    public VirtualTime Time { get; } = new();

    public EventLog Log { get; }

    public ScheduleOptions Options { get; }

    public Scenario Scenario { get; }

    /// <summary>The state machine of the job; null while no coordinator process is running, or while the job waits for workers.</summary>
    public JobCoordinator? Coordinator { get; private set; }

    /// <summary>The pool's side of the job; null if the coordinator does not serve, or is not running.</summary>
    public ServedJob? Served { get; private set; }

    public SimulatedCheckpoints Checkpoints { get; }

    /// <summary>All workers of the schedule, in the order of their starts.</summary>
    public IReadOnlyList<LedgerWorker> Workers => _workers;

    /// <summary>The group of the last planned epoch.</summary>
    public BarrierRegistry NewestGroup => _groups[NewestEpoch];

    public long NewestEpoch { get; private set; }

    /// <summary>The job's state.</summary>
    public JobState State { get; private set; }

    /// <summary>The target number of workers.</summary>
    public int Wanted =>
        (Disturbances.Wanted is { } asked ? Grids.Fitting(asked, Scenario.Job.Plan) : null)?.World ?? Scenario.Job.Plan.Grid.World;

    public long Events { get; private set; }

    // Whether a supervisor reports the exits of workers, and kills workers that are no longer part of the job.
    private bool IsSupervised => Scenario is { IsSupervised: true, IsServed: false };

    /// <summary>Faults of the plan that were injected.</summary>
    public int FaultsOfPlan => _planned?.InjectedCount ?? 0;

    /// <summary>The faults and requests that the job received.</summary>
    public Disturbances Disturbances { get; } = new();

    /// <summary>Runs the schedule to its end.</summary>
    /// <exception cref="InvariantException">An invariant is violated.</exception>
    public JobOutcome Run()
    {
        Log.Write($"{Scenario.Job.Plan.Grid}, first step {Scenario.Job.FirstStep}, {Scenario.Job.Recovery}");
        foreach (var fault in Scenario.Faults) Log.Write($"drawn: {fault}");
        for (var index = 0; index < Scenario.Job.Plan.Grid.World + (Scenario.Job.Recovery?.Spares ?? 0); index++)
            Start($"worker-{index}", _random.NextLogUniform(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)));
        _faults.Begin();
        _planned?.Begin();
        if (Served is null) Begin();
        while (true)
        {
            var outcome = Work();
            if (outcome is not null) return End(outcome);

            if (Coordinator is not null)
                foreach (var invariant in _invariants) invariant.OnRest();
            var isAtRest = !Time.Next();
            // A job may wait for workers without a bound.
            if ((isAtRest || Time.Now > Options.Limit) && Coordinator is null && Served is not null) return End(_waits ?? Missing);
            if (isAtRest) throw new InvariantException("every wait has a timeout", "no event is left, and the job is not over");
            if (Time.Now > Options.Limit)
                throw new InvariantException("every wait has a timeout", $"the job is not over after {Options.Limit}");
            Events++;
        }
    }

    private JobOutcome End(JobOutcome outcome)
    {
        Log.Write($"{outcome.State} after step {outcome.Step}: {outcome.Reason}");
        foreach (var invariant in _invariants) invariant.OnEnd(outcome);
        return outcome;
    }

    // The outcome of a served job that never had enough workers.
    private JobOutcome Missing => new(
        JobState.Failed, $"fewer than {Wanted} workers joined within the time of the schedule", new Failure(FailureCause.WorkersMissing),
        Scenario.Job.FirstStep);

    /// <summary>Returns whether the coordinator has admitted a worker and not lost it since.</summary>
    public bool IsMember(LedgerWorker? worker) => worker is not null && _members.Contains(worker.Process);

    public void On(JobNotice notice)
    {
        Keep(notice);
        if (notice is StateChanged change) State = change.To;
        if (notice is EpochBegan began) _known = began.FromStep;
        if (notice is RankReported { Event: { EventCase: Protocol.WorkerEvent.EventOneofCase.Step } step })
            _known = Math.Max(_known, step.Identity.Step);
        if (Log.IsOn) Log.Write($"   {Describe(notice)}");
        foreach (var invariant in _invariants) invariant.OnNotice(notice);
        _faults.On(notice);
        if (notice is WorkerLeft { Process: > 0 } left && IsSupervised && _workers[left.Process - 1] is var worker)
            Time.RunAfter(TimeSpan.FromMilliseconds(1), () => worker.End("killed by its supervisor"));
    }

    // Keeps the parts of the job's state that the registry keeps.
    private void Keep(JobNotice notice)
    {
        switch (notice)
        {
            case StateChanged change:
                State = change.To;
                if (State == JobState.Running && _committed.Epoch == 0) _committed.Epoch = 1;
                break;
            case WorkerArrived arrived: _members.Add(arrived.Process); break;
            case WorkerLeft left: _members.Remove(left.Process); break;
            case EpochBegan began: _committed = (began.Epoch, began.FromStep); break;
            case RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Step, Identity: var step } }:
                _committed = (step.Epoch, step.Step); break;
            case RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Checkpoint } saved }:
                _checkpoint = new CommittedCheckpoint(saved.Checkpoint.Directory, saved.Identity.Step);
                break;
            default: break;
        }
    }

    private JobOutcome? Work()
    {
        while (true)
        {
            var outcome = Settle(Coordinator?.Work());
            if (outcome is not null || Served?.Pump() is not true) return outcome;
        }
    }

    private static string Describe(JobNotice notice) => notice switch
    {
        RankReported report =>
            $"rank {report.Rank} reports: {report.Event.EventCase} {report.Event.Identity.Epoch}/{report.Event.Identity.Step}",
        PlanMade plan => $"planned: {string.Join(", ", plan.Workers)}",
        var other => $"{other}",
    };
}
