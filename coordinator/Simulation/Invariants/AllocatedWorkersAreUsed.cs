using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A worker that is allocated to the job becomes a member within the bound for a worker that is still busy. No worker is considered busy
/// with a plan whose end it reported. A running job holds no more workers than its ranks and its spares.
/// </summary>
internal sealed class AllocatedWorkersAreUsed(SimulatedWorld world) : Invariant
{
    private static readonly TimeSpan Bound = new CoordinatorOptions().FenceTimeout + TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<LedgerWorker, long> _ended = []; // the newest epoch whose end the worker reported
    private JobState _state;
    private int _ranks;
    private readonly HashSet<string> _awaited = []; // members that a new coordinator waits for

    public override string Statement => "a worker that is allocated to a job is used";

    public override void OnRestart(JobRecord? record)
    {
        (_state, _ranks) = (JobState.Pending, record?.Members.Count ?? 0);
        _awaited.Clear();
        _awaited.UnionWith(record?.Members.Select(member => member.Name) ?? []);
    }

    public override void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received)
    {
        if (world.Served is null) return;
        if (received.EventCase is WorkerEvent.EventOneofCase.Finished or WorkerEvent.EventOneofCase.Failed)
            _ended[worker] = received.Identity.Epoch;
        if (received.Hello is { RoleRunning: true, Assigned.Epoch: var epoch })
            Require(
                epoch > _ended.GetValueOrDefault(worker, -1),
                $"{worker.Id} is considered busy with epoch {epoch}, whose end it has reported");
    }

    public override void OnNotice(JobNotice notice)
    {
        switch (notice)
        {
            case StateChanged change: _state = change.To; break;
            case PlanMade made: _ranks = made.Plan.World; break;
            case WorkerArrived arrived: _awaited.Remove(arrived.Worker); break;
            case WorkerLeft left: _awaited.Remove(left.Worker); break;
            default: break;
        }
    }

    public override void OnRest()
    {
        if (world.Served is not { } served) return;
        foreach (var held in served.Allocations)
            Require(
                world.IsMember(held.Worker) || world.Time.Now - held.Since <= Bound,
                $"{held.Worker?.Id} is allocated since {held.Since}, and is no member");
        if (_state != JobState.Running || _awaited.Count > 0) return;
        var most = Math.Max(world.Wanted, _ranks) + world.Scenario.Job.Recovery!.Spares;
        var members = served.Allocations.Count(held => world.IsMember(held.Worker));
        Require(members <= most, $"the job has {members} members, and needs {most}");
    }
}
