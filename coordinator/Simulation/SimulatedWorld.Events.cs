using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Simulation.Exchanges;
using Distributed.Simulation.Faults;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Network;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation;

// The events between the coordinator and its workers, and among the workers.
internal sealed partial class SimulatedWorld
{
    /// <summary>Starts a worker process, which sends its hello.</summary>
    /// <param name="name">The worker's name.</param>
    /// <param name="wait">Delay until the hello.</param>
    /// <param name="again">Whether this is a restart: does nothing if a worker of that name is alive by then.</param>
    public void Start(string name, TimeSpan wait, bool again = false) => Time.RunAfter(wait, () =>
    {
        if (IsCoordinatorDown)
        {
            Start(name, Latest, again);
            return;
        }

        if (again && _workers.Exists(other => other.IsAlive && other.Id.Name == name)) return;
        var worker = new LedgerWorker(this, name, _workers.Count + 1, _random.Fork());
        _workers.Add(worker);
        worker.SendHello();
    });

    /// <summary>The requested checkpoints, each with the committed steps that were known at the request.</summary>
    public IReadOnlyList<(Task<string?> Asked, long Step)> Saves => _saves;

    private readonly List<(Task<string?> Asked, long Step)> _saves = [];

    /// <summary>Requests a checkpoint while the job continues.</summary>
    public void AskForCheckpoint()
    {
        if (Coordinator is not { } coordinator || State is JobState.Pending or JobState.Gathering) return;
        _saves.Add((coordinator.RequestSave(), _known));
    }

    private long _known; // steps of the newest state that was reported to the coordinator

    public BarrierRegistry GroupOf(long epoch) => _groups[epoch];

    /// <summary>The coordinator sends a command to a worker.</summary>
    public void OnSent(LedgerWorker worker, WorkerCommand command)
    {
        Log.Write($"   sent to {worker.Id}: {command.CommandCase} {command.Identity.Epoch}/{command.Identity.Step}");
        if (command.Assign is not { } plan) return;
        if (!_groups.ContainsKey(command.Identity.Epoch))
        {
            NewestEpoch = Math.Max(NewestEpoch, command.Identity.Epoch);
            _groups.Add(command.Identity.Epoch, new BarrierRegistry(this, command.Identity.Epoch, plan, _random.Fork()));
        }

        foreach (var invariant in _invariants) invariant.OnPlan(worker, command.Identity, plan);
    }

    /// <summary>The coordinator receives an event of a worker.</summary>
    public void OnReceived(SimulatedWorkerLink link, WorkerEvent sent)
    {
        if (IsCoordinatorDown) return;
        if (Served is { } served) served.Receive(link, sent);
        else Deliver(link, link.Worker, sent);
    }

    /// <summary>Delivers an event of a worker to the state machine of the job.</summary>
    public void Deliver(IWorkerLink link, LedgerWorker worker, WorkerEvent sent)
    {
        var received = Options.Tap?.Pass(sent, NewestEpoch) ?? sent;
        foreach (var invariant in _invariants) invariant.OnReceived(worker, sent, received);
        Coordinator!.Receive(link, received);
    }

    /// <summary>The coordinator ends a worker's stream.</summary>
    public void OnDismissed(LedgerWorker worker)
    {
        foreach (var invariant in _invariants) invariant.OnDismissed(worker);
    }

    public void OnLinkEnded(SimulatedWorkerLink link, string? error)
    {
        Log.Write($"the stream of {link.Worker.Id} ends: {error}");
        if (Served is { } served) served.ReceiveEnd(link, error);
        else Coordinator?.ReceiveEnd(link, error);
    }

    /// <summary>A worker process has ended.</summary>
    public void OnEnded(LedgerWorker worker, string how)
    {
        var isNoticedLate = _random.NextChance(300);
        var atOnce = TimeSpan.FromMilliseconds(1);
        if (!isNoticedLate) worker.Link.Leave("its connection broke");
        else worker.Link.Break(WorkerFrozen.LeaseExpired, _random.NextDuration(TimeSpan.Zero, TimeSpan.FromSeconds(6)), atOnce);
        var reported = IsSupervised ? _random.NextLogUniform(atOnce, TimeSpan.FromSeconds(1)) : TimeSpan.Zero;
        if (IsSupervised && !WasRestarted) Time.RunAfter(reported, () =>
        {
            if (!WasRestarted) Coordinator!.ReportExit(worker.Id.Name, how, worker.Process);
        });
        if (_random.NextChance(Scenario.RestartsPerThousand))
            Start(worker.Id.Name, reported + _random.NextLogUniform(atOnce, Scenario.Restart), again: true);
    }

    /// <summary>Sets the result of a barrier that all ranks of an epoch have reached.</summary>
    public void Settle(BarrierRegistry group, RankBarrier barrier)
    {
        var states = barrier.Tag.Kind == BarrierKind.Restore
            ? barrier.Arrivals.SelectMany(arrival => arrival!.Gives!) : barrier.Arrivals.Select(arrival => arrival!.State);
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

    /// <summary>A worker has committed a step.</summary>
    public void OnCommitted(LedgerWorker worker, long step) => _planned?.OnCommitted(worker, step);

    /// <summary>Publishes a complete checkpoint.</summary>
    /// <returns>The folder of the checkpoint; null if the disk is full.</returns>
    public string? Save(CommittedStep state)
    {
        var refused = Checkpoints.IsFull || Checkpoints.RefusesNext;
        (Checkpoints.RefusesNext, Disturbances.DiskWasFull) = (false, Disturbances.DiskWasFull || refused);
        return refused ? null : Checkpoints.Publish(state);
    }

    /// <summary>A recovery point is complete on every rank of its epoch.</summary>
    public void Confirm(LedgerPointId id)
    {
        foreach (var invariant in _invariants) invariant.OnConfirmed(id);
    }
}
