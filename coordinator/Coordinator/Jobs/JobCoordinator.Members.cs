using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// The members of the job.
public sealed partial class JobCoordinator
{
    // Members with a rank in the epoch. The other members are spares.
    private IEnumerable<Member> Ranked => _members.Where(member => member.IsRanked);

    // Names of all workers that have ever joined.
    private readonly HashSet<string> _known = [];

    private void Admit(IWorkerLink link, WorkerId worker, Hello hello)
    {
        _known.Add(worker.Name);
        _members.Add(new Member(link, worker, hello)
        {
            Held = hello.Assigned?.Job == _job.Id.Value && !hello.RoleRunning ? hello.Held : [],
            IsLeaving = hello.Leaving,
        });
        LogArrival(_logger, _job.Id.Value, worker.Name, _members.Count, _wanted.World);
        Notify(new WorkerArrived(worker.Name, hello.Process, _members.Count, _wanted.World));
        if (hello.Leaving) NotifyLeaving(_members[^1]);
    }

    private void Remove(Member member)
    {
        _members.Remove(member);
        LogWorkerLeft(_logger, _job.Id.Value, member.Id.ToString());
        Notify(new WorkerLeft(member.Id.Name, member.Hello.Process, _members.Count, _wanted.World));
    }

    // Removes a member that does not answer.
    private void Evict(Member member)
    {
        LogEvicted(_logger, _job.Id.Value, member.Id.ToString(), member.Rank);
        Remove(member);
        _ = member.Link.DisposeAsync().AsTask();
    }

    // The end of the old stream has not been reported yet. If the old process still runs, the disposed link dismisses it.
    private void Replace(Member member)
    {
        _ = member.Link.DisposeAsync().AsTask();
        OnLost(member, "it was restarted");
    }

    // The job was scaled down: releases all members without a rank.
    private void Release()
    {
        _isReleasing = false;
        foreach (var spare in _members.Where(member => !member.IsRanked).ToList())
        {
            Remove(spare);
            _ = spare.Link.DisposeAsync().AsTask();
        }
    }

    // Releases the members beyond the ranks and spares, so that other jobs can use them.
    private void ReleaseSurplus()
    {
        if (_isAwaitingReturns || IsAnyAbsent) return; // all members may be needed
        var surplus = _members.Count - (long)_job.MaxSpares - Math.Max(_wanted.World, _grid.World);
        foreach (var spare in _members.Where(member => !member.IsRanked).Reverse().Take((int)Math.Max(0, surplus)).ToList())
        {
            Remove(spare);
            _ = spare.Link.DisposeAsync().AsTask();
        }
    }

    // Allowed in any state: the fault is injected into the worker, not the job.
    private void OnFaultRequested(Fault fault) =>
        _members.Find(member => member.Id.Name == fault.Worker)?.Link
            .Send(new WorkerCommand { Identity = _epoch.At(_step), InjectFault = FaultOrders.Now(fault) });

    private void PrepareSpares()
    {
        foreach (var spare in _members.Where(member => !member.IsRanked))
            spare.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), Prepare = new Prepare { JobJson = _job.JobJson } });
    }

    // Assigns ranks. A worker keeps its rank if the world size is unchanged. Otherwise the order is by previous rank, then by name:
    // worker-10 follows worker-2.
    private List<Member> AssignRanks(int world)
    {
        var seats = OrderByRank(world);
        for (var i = 0; i < seats.Count; i++) seats[i].Begin(i < world ? i : Member.NoRank);
        return seats[..world];
    }

    // All members, those that receive a rank first.
    private List<Member> OrderByRank(int world)
    {
        var seats = new Member?[world];
        var asBefore = _grid.World == world;
        var suffices = Staying.Count >= world; // otherwise leaving members are needed until a checkpoint is saved
        if (asBefore)
            foreach (var member in Ranked.Where(member => !suffices || !member.IsLeaving)) seats[member.Rank] = member;
        var rest = new Queue<Member>(
            _members.Where(member => !seats.Contains(member)).OrderBy(member => member.IsLeaving)
                .ThenBy(member => member.IsRanked ? member.Rank : int.MaxValue).ThenBy(member => member.Id.Name.Length)
                .ThenBy(member => member.Id.Name, StringComparer.Ordinal));
        for (var rank = 0; rank < world; rank++) seats[rank] ??= rest.Dequeue();
        return [.. seats.Select(member => member!), .. rest];
    }
}
