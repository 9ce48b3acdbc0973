using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Exchanges;
using Distributed.Simulation.Schedules.Invariants;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Network;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules;

// What happens between the coordinator and its workers, and among them.
internal sealed partial class SimulatedWorld
{
    /// <summary>A process is started; it says hello.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="wait">Until then.</param>
    /// <param name="again">Only if none of that name lives by then: nobody keeps two.</param>
    public void Start(string name, TimeSpan wait, bool again = false) => Time.In(wait, () =>
    {
        if (IsAway)
        {
            Start(name, Latest, again);
            return;
        }

        if (again && _workers.Exists(other => other.IsAlive && other.Id.Name == name)) return;
        var worker = new LedgerWorker(this, name, _workers.Count + 1, _draw.Fork());
        _workers.Add(worker);
        worker.SayHello();
    });

    /// <summary>Checkpoints that were asked for, each with the steps that were known to be committed by then.</summary>
    public IReadOnlyList<(Task<string?> Asked, long Step)> Saves => _saves;

    private readonly List<(Task<string?> Asked, long Step)> _saves = [];

    /// <summary>Asks for a checkpoint while the job continues.</summary>
    public void AskForCheckpoint()
    {
        if (Coordinator is not { } coordinator || State is JobState.Pending or JobState.Gathering) return;
        _saves.Add((coordinator.RequestSave(), _known));
    }

    private long _known; // steps of the newest state that were reported to the coordinator

    public BarrierRegistry GroupOf(long epoch) => _groups[epoch];

    /// <summary>The coordinator tells a worker something.</summary>
    public void OnSent(LedgerWorker worker, WorkerCommand command)
    {
        Log.Write($"   {worker.Id} is told: {command.CommandCase} {command.Identity.Epoch}/{command.Identity.Step}");
        if (command.Assign is not { } plan) return;
        if (!_groups.ContainsKey(command.Identity.Epoch))
        {
            NewestEpoch = Math.Max(NewestEpoch, command.Identity.Epoch);
            _groups.Add(command.Identity.Epoch, new BarrierRegistry(this, command.Identity.Epoch, plan, _draw.Fork()));
        }

        foreach (var invariant in _invariants) invariant.OnPlan(worker, command.Identity, plan);
    }

    /// <summary>The coordinator hears a worker.</summary>
    public void OnHeard(SimulatedWorkerLink link, WorkerEvent said)
    {
        if (IsAway) return;
        if (Served is { } served) served.Hear(link, said);
        else Tell(link, link.Worker, said);
    }

    /// <summary>The state machine of the job receives an event of a worker.</summary>
    public void Tell(IWorkerLink link, LedgerWorker worker, WorkerEvent said)
    {
        var passed = Options.Tap?.Pass(said, NewestEpoch) ?? said;
        foreach (var invariant in _invariants) invariant.OnHeard(worker, said, passed);
        Coordinator!.Hear(link, passed);
    }

    /// <summary>The coordinator lets go of a worker.</summary>
    public void OnDismissed(LedgerWorker worker)
    {
        foreach (var invariant in _invariants) invariant.OnDismissed(worker);
    }

    public void OnLinkEnded(SimulatedWorkerLink link, string? error)
    {
        Log.Write($"the stream of {link.Worker.Id} ends: {error}");
        if (Served is { } served) served.HearEnd(link, error);
        else Coordinator?.HearEnd(link, error);
    }

    /// <summary>A process has ended.</summary>
    public void OnEnded(LedgerWorker worker, string how)
    {
        var isNoticedLate = _draw.Chance(300);
        var atOnce = TimeSpan.FromMilliseconds(1);
        if (!isNoticedLate) worker.Link.Leave("its connection broke");
        else worker.Link.Break("no message arrived for 5 s", _draw.Time(TimeSpan.Zero, TimeSpan.FromSeconds(6)), atOnce);
        var told = IsKept ? _draw.Spread(atOnce, TimeSpan.FromSeconds(1)) : TimeSpan.Zero;
        if (IsKept && !WasRestarted) Time.In(told, () =>
        {
            if (!WasRestarted) Coordinator!.ReportExit(worker.Id.Name, how, worker.Process);
        });
        if (_draw.Chance(Scenario.RestartsInAThousand)) Start(worker.Id.Name, told + _draw.Spread(atOnce, Scenario.Restart), again: true);
    }

    /// <summary>All ranks of an epoch have come to a meeting: what they go on with.</summary>
    public void Settle(BarrierRegistry group, RankBarrier barrier)
    {
        var states = barrier.Tag.Kind == BarrierKind.Restore ? barrier.Arrivals.SelectMany(arrival => arrival!.Gives!) : barrier.Arrivals.Select(arrival => arrival!.State);
        var state = states.FirstOrDefault();
        barrier.Result = barrier.Tag.Kind switch
        {
            BarrierKind.Commit when barrier.Arrivals.Any(arrival => arrival!.NotFinite) => null,
            BarrierKind.Commit => new CommittedStep(state!.Step + 1, group.Epoch, state.Position + Scenario.Job.Plan.GlobalBatch, state),
            _ => state,
        };
        if (barrier.Tag.Kind == BarrierKind.Save) barrier.Folder = Save(state!);
        Log.Write($"epoch {group.Epoch}: {barrier.Tag.Kind} {barrier.Tag.Step}, {barrier.Result}");
        foreach (var invariant in _invariants) invariant.OnBarrier(group, barrier);
    }

    /// <summary>A worker knows that a step is committed.</summary>
    public void OnCommitted(LedgerWorker worker, long step) => _planned?.OnCommitted(worker, step);

    /// <summary>A checkpoint is complete.</summary>
    /// <returns>Its folder; null where there is no room for it.</returns>
    public string? Save(CommittedStep state)
    {
        var refused = Shelf.IsFull || Shelf.RefusesNext;
        (Shelf.RefusesNext, Done.DiskWasFull) = (false, Done.DiskWasFull || refused);
        return refused ? null : Shelf.Publish(state);
    }

    /// <summary>A recovery point is complete on every rank of its epoch.</summary>
    public void Confirm(RecoveryMoment moment)
    {
        foreach (var invariant in _invariants) invariant.OnConfirmed(moment);
    }
}
