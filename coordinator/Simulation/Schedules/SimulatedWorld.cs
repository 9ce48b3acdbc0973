using Distributed.Checkpoints;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Exchanges;
using Distributed.Simulation.Schedules.Faults;
using Distributed.Simulation.Schedules.Invariants;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Network;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules;

/// <summary>One schedule: the real coordinator, ledger workers, the network between them, what befalls them, and what must hold all the same.</summary>
internal sealed partial class SimulatedWorld : IJobObserver
{
    private readonly Draw _draw;
    private readonly Dictionary<long, MeetingPlace> _groups = [];
    private readonly List<LedgerWorker> _workers = [];
    private readonly IReadOnlyList<Invariant> _invariants;
    private readonly FaultInjector _faults;
    private readonly PlannedFaults? _planned;

    public SimulatedWorld(ulong seed, ScheduleOptions options, bool trace)
    {
        Options = options;
        _draw = new Draw(seed);
        Log = new EventLog(Time, trace);
        Scenario = ScenarioDraw.Of(_draw.Fork(), options);
        Shelf = new CheckpointShelf(new RetentionPolicy(Scenario.Keep));
        if (Scenario.Job.Checkpoint is not null) Shelf.Publish(Scenario.Root);
        _invariants = Invariant.All(this);
        _faults = new FaultInjector(this, Scenario.Faults, _draw.Fork());
        if (options.Plan is { } plan) _planned = new PlannedFaults(this, plan, _draw.Fork());
        Coordinator = Create(Scenario.Job);
    }

    public VirtualTime Time { get; } = new();

    public EventLog Log { get; }

    public ScheduleOptions Options { get; }

    public Scenario Scenario { get; }

    /// <summary>Null while it is away.</summary>
    public JobCoordinator? Coordinator { get; private set; }

    public CheckpointShelf Shelf { get; }

    /// <summary>Every worker that there has been, in the order in which they were started.</summary>
    public IReadOnlyList<LedgerWorker> Workers => _workers;

    /// <summary>Of the last epoch that was planned.</summary>
    public MeetingPlace NewestGroup => _groups[NewestEpoch];

    public long NewestEpoch { get; private set; }

    /// <summary>Of the job.</summary>
    public JobState State { get; private set; }

    /// <summary>Workers that the job is to have.</summary>
    public int Wanted => (Done.Wanted is { } asked ? Grids.Fitting(asked, Scenario.Job.Plan) : null)?.World ?? Scenario.Job.Plan.Grid.World;

    public long Events { get; private set; }

    /// <summary>Faults of the plan that have happened.</summary>
    public int FaultsOfPlan => _planned?.Happened ?? 0;

    /// <summary>What was done to the job.</summary>
    public Disturbances Done { get; } = new();

    /// <summary>Runs the schedule to its end.</summary>
    /// <exception cref="InvariantException">Something does not hold.</exception>
    public JobOutcome Run()
    {
        Log.Write($"{Scenario.Job.Plan.Grid}, first step {Scenario.Job.FirstStep}, {Scenario.Job.Recovery}");
        foreach (var fault in Scenario.Faults) Log.Write($"will befall it: {fault}");
        for (var index = 0; index < Scenario.Job.Plan.Grid.World + (Scenario.Job.Recovery?.Spares ?? 0); index++) Start($"worker-{index}", _draw.Spread(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)));
        _faults.Begin();
        _planned?.Begin();
        Coordinator!.Begin();
        while (true)
        {
            var outcome = Coordinator?.Work();
            if (outcome is not null)
            {
                Log.Write($"{outcome.State} after step {outcome.Step}: {outcome.Reason}");
                foreach (var invariant in _invariants) invariant.OnEnd(outcome);
                return outcome;
            }

            if (Coordinator is not null)
                foreach (var invariant in _invariants) invariant.OnRest();
            if (!Time.Next()) throw new InvariantException("no wait is without a bound", "nothing will ever happen again, and the job is not over");
            if (Time.Now > Options.Limit) throw new InvariantException("no wait is without a bound", $"the job is not over after {Options.Limit}");
            Events++;
        }
    }

    public void On(JobNotice notice)
    {
        if (notice is StateChanged change) State = change.To;
        if (notice is EpochBegan began) _known = began.FromStep;
        if (notice is RankReported { Event: { EventCase: Protocol.WorkerEvent.EventOneofCase.Step } step }) _known = Math.Max(_known, step.Identity.Step);
        if (Log.IsOn) Log.Write($"   {Describe(notice)}");
        foreach (var invariant in _invariants) invariant.OnNotice(notice);
        _faults.On(notice);
        if (notice is WorkerLeft { Process: > 0 } left && Scenario.IsKeeper && _workers[left.Process - 1] is var worker) Time.In(TimeSpan.FromMilliseconds(1), () => worker.End("killed by its keeper"));
    }

    private static string Describe(JobNotice notice) => notice switch
    {
        RankReported report => $"rank {report.Rank} is heard: {report.Event.EventCase} {report.Event.Identity.Epoch}/{report.Event.Identity.Step}",
        PlanMade plan => $"planned: {string.Join(", ", plan.Workers)}",
        var other => $"{other}",
    };
}
