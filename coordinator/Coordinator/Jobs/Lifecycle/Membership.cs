using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>Changes the members of a job, and reports each change to the log and the observers.</summary>
/// <param name="run">The state of the job.</param>
internal sealed class Membership(JobRun run)
{
    /// <summary>Adds a worker as a spare.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="hello">The worker's <c>Hello</c>.</param>
    public void Admit(IWorkerLink link, Hello hello)
    {
        var member = run.Members.Admit(run.Job.Id, link, hello);
        run.Log.LogArrival(run.Name, member.Id.Name, run.Members.Count, run.Requests.Wanted.World);
        run.Notify(new WorkerArrived(member.Id.Name, hello.Process, run.Members.Count, run.Requests.Wanted.World));
        if (hello.Leaving) NotifyLeaving(member);
    }

    /// <summary>Attaches an absent member that reconnects after a restart of the coordinator.</summary>
    /// <param name="absent">The absent member.</param>
    /// <param name="link">The worker's new link.</param>
    /// <param name="hello">The worker's <c>Hello</c>, with its plan and the steps that it has committed.</param>
    public void Reconnect(Member absent, IWorkerLink link, Hello hello)
    {
        run.Members.Reconnect(absent, link, hello);
        run.Progress.Reach(hello.Assigned.Step);
        run.Log.LogReturned(run.Name, absent.Id.Name, absent.Rank, hello.Assigned.Step);
        run.Notify(new WorkerArrived(absent.Id.Name, hello.Process, run.Members.Count, run.Requests.Wanted.World));
        if (hello.Leaving) NotifyLeaving(absent);
    }

    /// <summary>Reports that a worker was asked to leave.</summary>
    public void NotifyLeaving(Member member)
    {
        run.Log.LogLeaving(run.Name, member.Id.ToString());
        run.Notify(new WorkerLeaving(member.Id.Name, member.Hello.Process, member.IsRanked ? member.Rank : null));
    }

    /// <summary>Removes a worker whose stream has ended.</summary>
    public void Remove(Member member)
    {
        run.Members.Remove(member);
        run.Log.LogWorkerLeft(run.Name, member.Id.ToString());
        run.Notify(new WorkerLeft(member.Id.Name, member.Hello.Process, run.Members.Count, run.Requests.Wanted.World));
    }

    /// <summary>Removes a worker and ends its stream.</summary>
    public void Dismiss(Member member)
    {
        Remove(member);
        _ = member.Link.DisposeAsync().AsTask();
    }

    /// <summary>Dismisses several members.</summary>
    public void Dismiss(IEnumerable<Member> members)
    {
        foreach (var member in members.ToList()) Dismiss(member);
    }

    /// <summary>Dismisses the leaving members that have no rank: their state is held elsewhere.</summary>
    public void DismissLeavingSpares() => Dismiss(run.Members.Spares.Where(member => member.IsLeaving));

    /// <summary>Dismisses the ranks that have not left a fenced group in time.</summary>
    public void EvictLateRanks()
    {
        foreach (var late in run.Members.Ranked.Where(member => !member.IsEnded).ToList())
        {
            run.Log.LogEvicted(run.Name, late.Id.ToString(), late.Rank);
            Dismiss(late);
        }
    }

    /// <summary>Dismisses the members beyond the ranks and the spares that the job keeps, so that other jobs can use them.</summary>
    public void ReleaseSurplus()
    {
        if (run.IsAwaitingReturns || run.Members.IsAnyAbsent) return; // all members may be needed
        var surplus = run.Members.Count - (long)run.Job.MaxSpares - Math.Max(run.Requests.Wanted.World, run.Grid.World);
        Dismiss(run.Members.Spares.Reverse().Take((int)Math.Max(0, surplus)));
    }

    /// <summary>Sends the job to the spares, which prepare its text while they wait.</summary>
    public void PrepareSpares()
    {
        foreach (var spare in run.Members.Spares)
            spare.Link.Send(new WorkerCommand { Identity = run.Now, Prepare = new Prepare { JobJson = run.Job.JobJson } });
    }
}
