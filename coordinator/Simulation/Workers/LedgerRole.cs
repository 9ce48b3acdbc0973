using Distributed.Protocol;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Ledger;

namespace Distributed.Simulation.Workers;

/// <summary>
/// One rank of one epoch, in the phases of the trainer: joins, restores, then runs steps, recovery points and checkpoints until the last
/// step or until it is ordered to end.
/// </summary>
internal sealed partial class LedgerRole
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30); // of an exchange

    private readonly SimulatedWorld _world;
    private readonly StepIdentity _identity;
    private readonly AssignPlan _plan;
    private CommittedStep? _state;
    private BarrierTag? _waitsFor;

    public LedgerRole(SimulatedWorld world, LedgerWorker worker, StepIdentity identity, AssignPlan plan)
    {
        (_world, Worker, _identity, _plan) = (world, worker, identity, plan);
        Group = world.GroupOf(identity.Epoch);
    }

    public LedgerWorker Worker { get; }

    public BarrierRegistry Group { get; }

    public int Rank => _plan.Rank;

    public long Epoch => _identity.Epoch;

    public CommittedStep? State => _state;

    /// <summary>The identity of the role's plan, with the last committed step.</summary>
    public StepIdentity Standing
    {
        get
        {
            var standing = _identity.Clone();
            standing.Step = _state?.Step ?? standing.Step;
            return standing;
        }
    }

    /// <summary>The last event of the role; null before its end.</summary>
    public WorkerEvent? Last { get; private set; }

    /// <summary>Whether the role has ended, in any way.</summary>
    public bool IsOver { get; private set; }

    public void Begin()
    {
        Group.Enter(this);
        Continue(_world.Scenario.PrepareTime(Worker.Random),
            () => ArriveAt(new BarrierTag(BarrierKind.Join, 0), new Arrival(this, null), _ => Restore()));
    }

    private void Restore()
    {
        var source = _plan.Start;
        CommittedStep?[] gives = source.FromCase switch
        {
            Start.FromOneofCase.Recover =>
            [
                .. Enumerable.Range(0, source.Recover.World).Where(owner => source.Recover.Holders[owner] == Rank)
                    .Select(owner => Worker.Memory.Find(LedgerPointId.Of(source.Recover), owner)),
            ],
            Start.FromOneofCase.Resume => [_world.Checkpoints.Find(source.Resume.Checkpoint)],
            _ => [_world.Scenario.Root],
        };
        if (gives.Contains(null) && source.FromCase == Start.FromOneofCase.Resume)
            Fail(FailureKind.FailureTransient, FailureCause.Checkpoint, "the checkpoint was removed");
        else if (gives.Contains(null))
            Fail(FailureKind.FailureFatal, FailureCause.InvalidJob, "it does not hold its parts of the recovery point");
        else ArriveAt(new BarrierTag(BarrierKind.Restore, 0), new Arrival(this, null, Gives: gives!), restored =>
        {
            _state = restored.Result;
            Report(new WorkerEvent { Ready = new Ready() });
            if (_state!.Step < LastStep) NextStep();
            else Finish(stopped: false);
        });
    }

    // Runs an action later, unless the role is over by then.
    private void Continue(TimeSpan wait, Action action) => Worker.RunAfter(wait, () =>
    {
        if (!IsOver) action();
    });

    private void ArriveAt(BarrierTag tag, Arrival arrival, Action<RankBarrier> then)
    {
        _waitsFor = tag;
        Worker.RunAfter(Timeout, () => OnExchangeTimeout(tag));
        _world.Time.RunAfter(_world.Scenario.FrameTime(Worker.Random) + Worker.FrameDelay,
            () => (_world.Options.ExchangesCheckEpochs ? Group : _world.NewestGroup).Arrive(tag, arrival, barrier =>
        {
            if (IsOver) return;
            _waitsFor = null;
            then(barrier);
        }));
    }

    private void Report(WorkerEvent message)
    {
        message.Identity = Standing;
        Worker.Send(message);
    }
}
