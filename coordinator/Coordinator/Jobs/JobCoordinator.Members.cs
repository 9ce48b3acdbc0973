using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs;

// Who is here.
public sealed partial class JobCoordinator
{
    // Those with a part in the epoch; the others are spares.
    private IEnumerable<Member> Ranked => _members.Where(member => member.IsRanked);

    // Names of all that have ever come.
    private readonly HashSet<string> _known = [];

    private void Admit(IWorkerLink link, WorkerId worker, Hello hello)
    {
        _known.Add(worker.Name);
        _members.Add(new Member(link, worker, hello) { Held = hello.Assigned?.Job == _job.Id.Value && !hello.RoleRunning ? hello.Held : [], Leaving = hello.Leaving });
        LogArrival(_logger, _job.Id.Value, worker.Name, _members.Count, _wanted.World);
        Tell(new WorkerArrived(worker.Name, hello.Process, _members.Count, _wanted.World));
        if (hello.Leaving) TellLeaving(_members[^1]);
    }

    private void Remove(Member member)
    {
        _members.Remove(member);
        LogGone(_logger, _job.Id.Value, member.Id.ToString());
        Tell(new WorkerLeft(member.Id.Name, member.Hello.Process, _members.Count, _wanted.World));
    }

    // It does not answer; whatever it still does, it does without the others.
    private void Evict(Member member)
    {
        LogEvicted(_logger, _job.Id.Value, member.Id.ToString(), member.Rank);
        Remove(member);
        _ = member.Link.DisposeAsync().AsTask();
    }

    // The end of its stream has not been heard yet. Should it live after all, it learns in this way that it is needed no more.
    private void Replace(Member member)
    {
        _ = member.Link.DisposeAsync().AsTask();
        OnLost(member, "it was started anew");
    }

    // Fewer workers were asked for: the others are given back.
    private void Release()
    {
        _releasing = false;
        foreach (var spare in _members.Where(member => !member.IsRanked).ToList())
        {
            Remove(spare);
            _ = spare.Link.DisposeAsync().AsTask();
        }
    }

    // Workers beyond those that the job computes with and keeps as spares are of use to other jobs.
    private void ReleaseSurplus()
    {
        if (_returning || IsAnyAbsent) return; // those that are here may be needed
        var surplus = _members.Count - (long)_job.MostSpares - Math.Max(_wanted.World, _grid.World);
        foreach (var spare in _members.Where(member => !member.IsRanked).Reverse().Take((int)Math.Max(0, surplus)).ToList())
        {
            Remove(spare);
            _ = spare.Link.DisposeAsync().AsTask();
        }
    }

    // In any state: it befalls the worker and not the job.
    private void OnFaultAsked(Fault fault) =>
        _members.Find(member => member.Id.Name == fault.Worker)?.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), InjectFault = FaultOrders.Now(fault) });

    private void MakeReady()
    {
        foreach (var spare in _members.Where(member => !member.IsRanked)) spare.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), Prepare = new Prepare { JobJson = _job.JobJson } });
    }

    // Who was a rank stays that rank where there are as many as before; else the order of before, and then of names: worker-10 comes after worker-2.
    private List<Member> Seat(int world)
    {
        var seats = Seats(world);
        for (var i = 0; i < seats.Count; i++) seats[i].Begin(i < world ? i : Member.NoRank);
        return seats[..world];
    }

    // All members, those who get a rank first.
    private List<Member> Seats(int world)
    {
        var seats = new Member?[world];
        var asBefore = _grid.World == world;
        var suffices = Staying.Count >= world; // else those that leave are needed, until there is a checkpoint
        if (asBefore)
            foreach (var member in Ranked.Where(member => !suffices || !member.Leaving)) seats[member.Rank] = member;
        var rest = new Queue<Member>(_members.Where(member => !seats.Contains(member)).OrderBy(member => member.Leaving).ThenBy(member => member.IsRanked ? member.Rank : int.MaxValue).ThenBy(member => member.Id.Name.Length).ThenBy(member => member.Id.Name, StringComparer.Ordinal));
        for (var rank = 0; rank < world; rank++) seats[rank] ??= rest.Dequeue();
        return [.. seats.Select(member => member!), .. rest];
    }
}
