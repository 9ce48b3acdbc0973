using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Jobs.Progress;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>
/// The state of one run of a job, which the classes of the coordinator share. All of it is used only on the coordinator's loop, one input
/// at a time; only <see cref="Ledger"/> is read by other threads.
/// </summary>
internal sealed class JobRun : IDisposable
{
    private const string Group = "learners";

    /// <summary>Creates the state of a job that has not begun.</summary>
    /// <param name="job">The job.</param>
    /// <param name="services">What the coordinator uses from outside.</param>
    /// <param name="enqueue">Enqueues an input to the loop, from any thread.</param>
    public JobRun(JobSpecification job, JobServices services, Action<CoordinatorInput> enqueue)
    {
        (Job, Services) = (job, services);
        Epoch = new GroupEpoch(job.Id, Group, 0);
        Grid = job.Plan.Grid;
        Ledger = new GoodputLedger(services.Time);
        Requests = new JobRequests(job.Plan.Grid);
        Progress = new StepProgress(job.FirstStep);
        Checkpoint = new LatestCheckpoint(job, services.Checkpoints);
        Deadline = new JobDeadline(services.Time, number => enqueue(new CoordinatorInput.DeadlinePassed(number)));
        Busy = new BusyWorkers(services.Time, services.Options.FenceTimeout, link => enqueue(new CoordinatorInput.BusyOverdue(link)));
    }

    public JobSpecification Job { get; }

    /// <summary>Name of the job in the log.</summary>
    public string Name => Job.Id.Value;

    public JobServices Services { get; }

    public CoordinatorOptions Options => Services.Options;

    public ILogger Log => Services.Logger;

    /// <summary>Time of the run by category.</summary>
    public GoodputLedger Ledger { get; }

    /// <summary>The one timeout of the job.</summary>
    public JobDeadline Deadline { get; }

    public JobRequests Requests { get; }

    public GroupMembers Members { get; } = new();

    /// <summary>Reconnected workers whose previous role still runs.</summary>
    public BusyWorkers Busy { get; }

    public StepProgress Progress { get; }

    public LatestCheckpoint Checkpoint { get; }

    public FinalSaves FinalSaves { get; } = new();

    public SlowWorkers Slow { get; } = new();

    public JobPhase Phase { get; private set; } = new JobPhase.Pending();

    public JobState State => Phase.State;

    /// <summary>The current or previous epoch; number 0 before the first.</summary>
    public GroupEpoch Epoch { get; set; }

    /// <summary>The grid of the current or previous epoch; the requested grid before the first.</summary>
    public RankGrid Grid { get; set; }

    /// <summary>Precision of all epochs; null until the first epoch is planned.</summary>
    public Precision? Precision { get; set; }

    /// <summary>The failure that ends the epoch or the job; null if there is none.</summary>
    public Failure? Failure { get; set; }

    /// <summary>Whether the job was scaled down: the next epoch releases the members without a rank.</summary>
    public bool IsShrinking { get; set; }

    /// <summary>The outcome; null until the job ends.</summary>
    public JobOutcome? Outcome { get; private set; }

    /// <summary>The current epoch and step, for commands.</summary>
    public StepIdentity Now => Epoch.At(Progress.Step);

    /// <summary>The groups that the present members can form.</summary>
    public PossibleGroups Groups => new(Members, Job, Requests.Wanted, Grid, Checkpoint.Step);

    /// <summary>Whether the coordinator was restarted and still waits for previous members to reconnect.</summary>
    public bool IsAwaitingReturns => Phase is JobPhase.WithGroup { IsAwaitingReturns: true };

    /// <summary>Whether the results of the ranks are not needed any more: a failed or lost rank changes nothing.</summary>
    public bool IsStoppedAtOnce => State == JobState.Ending && Requests.Stop is { Save: false };

    /// <summary>Time for the ranks to end, or to reconnect first.</summary>
    public TimeSpan EndTimeout => Members.IsAnyAbsent ? Options.ReturnTimeout : Options.EndTimeout;

    /// <summary>Sends a notice to the ledger and the observer.</summary>
    public void Notify(JobNotice notice)
    {
        Ledger.On(notice);
        Services.Observer.On(notice);
    }

    /// <summary>Enters a phase. Observers are notified if the state changes.</summary>
    public void Enter(JobPhase next)
    {
        var from = State;
        if (next.State == from)
        {
            Phase = next;
            return;
        }

        Log.LogTransition(Name, from, next.State);
        CoordinatorMetrics.Transition(from, next.State);
        Phase = next;
        Notify(new StateChanged(from, next.State));
    }

    /// <summary>Ends the wait for previous members to reconnect.</summary>
    public void EndReturns()
    {
        if (Phase is JobPhase.WithGroup group) Enter(group with { IsAwaitingReturns = false });
    }

    /// <summary>Ends the job with a failure.</summary>
    public void Fail(Failure failure) => End(JobState.Failed, failure.Reason, failure);

    /// <summary>Ends the job.</summary>
    /// <param name="state">Completed, failed or stopped.</param>
    /// <param name="reason">The reason in the outcome.</param>
    /// <param name="failure">The failure; null if the job did not fail.</param>
    /// <param name="lost">Number of committed steps that a stopped job could not save.</param>
    public void End(JobState state, string reason, Failure? failure = null, long lost = 0)
    {
        Enter(new JobPhase.Ended(state));
        Requests.Saves.CompleteAll(state == JobState.Failed ? $"the job failed: {reason}" : null);
        if (Epoch.Epoch > 0) TryStore(RecordedState.Ended, []);
        Outcome = new JobOutcome(state, reason, failure, Progress.Step) { Ledger = Ledger.Report, StepsLost = lost };
    }

    /// <summary>Stores the record of the job.</summary>
    /// <param name="state">State of the job.</param>
    /// <param name="ranks">The members with a rank, in order of rank; empty if no group runs.</param>
    /// <returns>Null, or why the record could not be stored.</returns>
    public string? TryStore(RecordedState state, IReadOnlyList<Member> ranks)
    {
        RecordedMember[] members =
        [
            .. ranks.Select(member => new RecordedMember(
                member.Id.Name, member.Id.Incarnation, member.Hello.Host, member.Hello.Rendezvous, member.Hello.ExchangeAddress)),
        ];
        try
        {
            Services.Records?.Store(
                new JobRecord(Epoch.Epoch, state, Grid.ExpertParallel, Grid.Replicas, members, Progress.Step, Progress.Furthest)
                {
                    Safe = state == RecordedState.Running ? null : Progress.Safe,
                    Precision = Precision,
                });
            return null;
        }
        catch (IOException error)
        {
            Log.LogNotStored(Name, Epoch.Epoch, error.Message);
            return $"epoch {Epoch.Epoch} cannot start: its record could not be stored: {error.Message}";
        }
    }

    /// <summary>Looks for a later checkpoint on disk that no rank has reported.</summary>
    public void RefreshCheckpoint()
    {
        if (Checkpoint.Refresh(Progress.Furthest) is { } replaced)
            Log.LogCheckpoint(Name, replaced.Folder, Checkpoint.Known!.Folder);
    }

    /// <summary>
    /// Takes the step of the newest checkpoint as that of the job if all committed steps are in it, also if a rank could not report it.
    /// </summary>
    /// <returns>Whether all committed steps are in a checkpoint.</returns>
    public bool TryTakeSavedStep()
    {
        RefreshCheckpoint();
        if (Checkpoint.Known is not { } checkpoint || checkpoint.Step < Progress.Step) return false;
        Progress.EndWith(checkpoint.Step);
        return true;
    }

    /// <summary>Orders the ranks that have not ended to stop.</summary>
    /// <param name="how">How the ranks stop.</param>
    /// <param name="reason">The reason; null takes that of the failure, the request or the shortage.</param>
    public void SendStop(StopKind how, string? reason = null)
    {
        var stop = new StopJob
        {
            Reason = reason ?? Failure?.Reason ?? Requests.Stop?.Reason ?? FinalSaves.Shortage?.Reason ?? "",
            Save = how == StopKind.Saving,
            Leave = how == StopKind.Leaving,
        };
        foreach (var member in Members.Ranked.Where(each => !each.IsEnded).ToList())
            member.Link.Send(new WorkerCommand { Identity = Now, Stop = stop });
    }

    /// <summary>
    /// Orders a checkpoint if one is requested. The order to one rank is enough: all ranks agree on it with the commit. If that rank is
    /// lost, the order is sent to the next epoch.
    /// </summary>
    public void SendSave()
    {
        if (Requests.Saves.IsAny && Members.Ranked.FirstOrDefault(member => member is { Rank: 0, IsEnded: false }) is { } first)
            first.Link.Send(new WorkerCommand { Identity = Now, SaveCheckpoint = new SaveCheckpoint() });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Deadline.Dispose();
        Busy.Dispose();
    }
}
