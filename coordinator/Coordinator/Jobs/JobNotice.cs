using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Something that happened to a job, for whoever watches.</summary>
public abstract record JobNotice;

/// <summary>The job went from one state to another.</summary>
public sealed record StateChanged(JobState From, JobState To) : JobNotice;

/// <summary>A worker has come; so many are here.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Process">The number of its process, 0 where that is not known.</param>
/// <param name="Present">Workers that are here.</param>
/// <param name="Wanted">Workers that the job asks for.</param>
public sealed record WorkerArrived(string Worker, int Process, int Present, int Wanted) : JobNotice;

/// <summary>A worker is a part of the job no more; so many are left.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Process">The number of its process, 0 where that is not known. It may still live; whoever started it should end it.</param>
/// <param name="Present">Workers that are here.</param>
/// <param name="Wanted">Workers that the job asks for.</param>
public sealed record WorkerLeft(string Worker, int Process, int Present, int Wanted) : JobNotice;

/// <summary>A worker was asked to end. It is dismissed once its state is elsewhere.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="Process">The number of its process, 0 if it is not known.</param>
/// <param name="Rank">Its rank; null if it has none.</param>
public sealed record WorkerLeaving(string Worker, int Process, int? Rank) : JobNotice;

/// <summary>It was decided who does what.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Workers">The workers' names, by rank.</param>
public sealed record PlanMade(ExecutionPlan Plan, IReadOnlyList<string> Workers) : JobNotice;

/// <summary>Ranks were lost or failed; the others are told to leave their exchange.</summary>
/// <param name="Failure">Why.</param>
/// <param name="Step">Steps committed so far.</param>
public sealed record RecoveryBegan(Failure Failure, long Step) : JobNotice;

/// <summary>All have left; the job waits for others to come in the place of those that are missing.</summary>
/// <param name="Missing">How many.</param>
/// <param name="Wait">How long at most.</param>
public sealed record ReplacementAwaited(int Missing, TimeSpan Wait) : JobNotice;

/// <summary>The group ends after its step and goes on as another one.</summary>
public sealed record RescaleBegan(string Reason, long Step) : JobNotice;

/// <summary>A new epoch goes on from an earlier state.</summary>
/// <param name="Epoch">The new one.</param>
/// <param name="Workers">Ranks of it.</param>
/// <param name="FromStep">Steps committed in that state.</param>
/// <param name="Replayed">Steps that are done once more: committed steps whose effect is not lost.</param>
/// <param name="Lost">Committed steps whose effect is lost: more than the group's recovery points could give back.</param>
/// <param name="From">A recovery point, a checkpoint's folder, or the beginning.</param>
public sealed record EpochBegan(long Epoch, int Workers, long FromStep, long Replayed, long Lost, string From) : JobNotice;

/// <summary>A rank takes much longer than the others for what it does without them.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="Worker">Its worker's name.</param>
/// <param name="Phase">In which it is slow: <c>compute</c> or <c>data</c>.</param>
/// <param name="Times">How many times the others' median it takes.</param>
/// <param name="Step">Steps committed.</param>
public sealed record WorkerSlow(int Rank, string Worker, string Phase, double Times, long Step) : JobNotice;

/// <summary>A rank reports something of the epoch that runs.</summary>
public sealed record RankReported(int Rank, WorkerEvent Event) : JobNotice;

/// <summary>Hears what happens to a job, on the coordinator's own thread: must not wait.</summary>
public interface IJobObserver
{
    /// <summary>Called once per notice, in order.</summary>
    void On(JobNotice notice);
}
