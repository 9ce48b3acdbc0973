using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Something that happened to a job, for whoever watches.</summary>
public abstract record JobNotice;

/// <summary>The job went from one state to another.</summary>
public sealed record StateChanged(JobState From, JobState To) : JobNotice;

/// <summary>A worker has come; so many are here.</summary>
public sealed record WorkerArrived(string Worker, int Present, int Wanted) : JobNotice;

/// <summary>A worker went before the job began; so many are left.</summary>
public sealed record WorkerLeft(string Worker, int Present, int Wanted) : JobNotice;

/// <summary>It was decided who does what.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Workers">The workers' names, by rank.</param>
public sealed record PlanMade(ExecutionPlan Plan, IReadOnlyList<string> Workers) : JobNotice;

/// <summary>A rank reports something of the epoch that runs.</summary>
public sealed record RankReported(int Rank, WorkerEvent Event) : JobNotice;

/// <summary>Hears what happens to a job, on the coordinator's own thread: must not wait.</summary>
public interface IJobObserver
{
    /// <summary>Called once per notice, in order.</summary>
    void On(JobNotice notice);
}
