using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>
/// A worker that the job holds becomes a member within the bound for one that is still busy; none is held to be busy with a plan whose end was
/// reported; and a job that runs holds no more workers than it computes with and keeps as spares.
/// </summary>
internal sealed class HeldWorkersAreUsed(SimulatedWorld world) : Invariant
{
    private static readonly TimeSpan Bound = new CoordinatorOptions().FenceTimeout + TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<LedgerWorker, long> _ended = []; // the newest epoch whose end the worker reported
    private JobState _state;
    private int _ranks;
    private readonly HashSet<string> _awaited = []; // members that a new coordinator waits for

    public override string Statement => "a worker that a job holds is used";

    public override void OnRestart(JobRecord? record)
    {
        (_state, _ranks) = (JobState.Pending, record?.Members.Count ?? 0);
        _awaited.Clear();
        _awaited.UnionWith(record?.Members.Select(member => member.Name) ?? []);
    }

    public override void OnHeard(LedgerWorker worker, WorkerEvent said, WorkerEvent heard)
    {
        if (world.Served is null) return;
        if (heard.EventCase is WorkerEvent.EventOneofCase.Finished or WorkerEvent.EventOneofCase.Failed) _ended[worker] = heard.Identity.Epoch;
        if (heard.Hello is { RoleRunning: true, Assigned.Epoch: var epoch })
            Require(epoch > _ended.GetValueOrDefault(worker, -1), $"{worker.Id} is held to be busy with epoch {epoch}, whose end it has reported");
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
            Require(world.IsMember(held.Worker) || world.Time.Now - held.Since <= Bound, $"{held.Worker?.Id} is held since {held.Since}, and is no member");
        if (_state != JobState.Running || _awaited.Count > 0) return;
        var most = Math.Max(world.Wanted, _ranks) + world.Scenario.Job.Recovery!.Spares;
        var members = served.Allocations.Count(held => world.IsMember(held.Worker));
        Require(members <= most, $"the job has {members} members, and uses {most}");
    }
}
