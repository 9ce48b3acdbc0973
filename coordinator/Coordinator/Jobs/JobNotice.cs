using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>A notice to the observers of a job about something that happened to it.</summary>
public abstract record JobNotice;

/// <summary>The job changed its state.</summary>
/// <param name="From">The previous state.</param>
/// <param name="To">The new state.</param>
public sealed record StateChanged(JobState From, JobState To) : JobNotice;

/// <summary>A worker joined the job, or reconnected after the coordinator restarted.</summary>
/// <param name="Worker">Name of the worker.</param>
/// <param name="Process">Id of the worker's process; 0 if it is unknown.</param>
/// <param name="Present">Number of workers of the job.</param>
/// <param name="Wanted">Number of workers that the job asks for.</param>
public sealed record WorkerArrived(string Worker, int Process, int Present, int Wanted) : JobNotice;

/// <summary>A worker left the job or was removed from it.</summary>
/// <param name="Worker">Name of the worker.</param>
/// <param name="Process">
/// Id of the worker's process; 0 if it is unknown. The process may still run: the program that started it is responsible for ending it.
/// </param>
/// <param name="Present">Number of remaining workers of the job.</param>
/// <param name="Wanted">Number of workers that the job asks for.</param>
public sealed record WorkerLeft(string Worker, int Process, int Present, int Wanted) : JobNotice;

/// <summary>A worker was asked to leave. It is dismissed once its state is held elsewhere.</summary>
/// <param name="Worker">Name of the worker.</param>
/// <param name="Process">Id of the worker's process; 0 if it is unknown.</param>
/// <param name="Rank">Rank of the worker; null if it has none.</param>
public sealed record WorkerLeaving(string Worker, int Process, int? Rank) : JobNotice;

/// <summary>An epoch was planned.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Workers">Names of the workers, in order of rank.</param>
public sealed record PlanMade(ExecutionPlan Plan, IReadOnlyList<string> Workers) : JobNotice;

/// <summary>Ranks were lost or failed; the other ranks are fenced.</summary>
/// <param name="Failure">The failure.</param>
/// <param name="Step">Number of committed steps.</param>
public sealed record RecoveryBegan(Failure Failure, long Step) : JobNotice;

/// <summary>All ranks have left the epoch, and the job waits for replacements of the missing workers.</summary>
/// <param name="Missing">Number of missing workers.</param>
/// <param name="Wait">Longest time to wait.</param>
public sealed record ReplacementAwaited(int Missing, TimeSpan Wait) : JobNotice;

/// <summary>The group ends after the current step and continues with other members.</summary>
/// <param name="Reason">Why the group changes.</param>
/// <param name="Step">Number of committed steps.</param>
public sealed record RescaleBegan(string Reason, long Step) : JobNotice;

/// <summary>A new epoch resumes from an earlier state.</summary>
/// <param name="Epoch">Number of the new epoch.</param>
/// <param name="Workers">Number of ranks.</param>
/// <param name="FromStep">Number of steps committed in that state.</param>
/// <param name="Replayed">Number of committed steps that are repeated and whose effect is not lost.</param>
/// <param name="Lost">Number of committed steps whose effect is lost: no recovery point of the group covers them.</param>
/// <param name="From">The source of the state: a recovery point, the folder of a checkpoint, or the beginning.</param>
public sealed record EpochBegan(long Epoch, int Workers, long FromStep, long Replayed, long Lost, string From) : JobNotice;

/// <summary>A rank is much slower than the others in its own work.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="Worker">Name of its worker.</param>
/// <param name="Phase">The slow phase: <c>compute</c> or <c>data</c>.</param>
/// <param name="Factor">Time of the phase as a multiple of the other ranks' median.</param>
/// <param name="Step">Number of committed steps.</param>
public sealed record WorkerSlow(int Rank, string Worker, string Phase, double Factor, long Step) : JobNotice;

/// <summary>A rank reported an event of the current epoch.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="Event">The event.</param>
public sealed record RankReported(int Rank, WorkerEvent Event) : JobNotice;

/// <summary>Receives the notices of a job.</summary>
public interface IJobObserver
{
    /// <summary>Receives each notice once, in order, on the coordinator's own thread. The call must not block.</summary>
    /// <param name="notice">The notice.</param>
    void On(JobNotice notice);
}
