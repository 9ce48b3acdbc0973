using Distributed.Data.Preparation;
using Distributed.Training;
using Distributed.Training.Jobs;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;
using Distributed.Worker.Faults;

namespace Distributed.Worker.Roles;

/// <summary>The text of a job; not disposed by who asks for it.</summary>
/// <param name="job">The job.</param>
/// <param name="assignment">Whose it is; null where it is only made ready.</param>
/// <param name="stop">Cancelled when it should end early.</param>
public delegate PreparedData TextSource(TrainingJob job, RoleAssignment? assignment, CancellationToken stop);

/// <summary>Trains: one rank of the group that learns.</summary>
/// <param name="join">Gives this rank's ends of the groups of an assignment; disposed here.</param>
/// <param name="prepare">Gives the text of a job.</param>
/// <param name="time">The clock.</param>
/// <param name="faults">By what means the plan's faults are made to happen; null for those of this process.</param>
public sealed class TrainerRole(Func<RoleAssignment, CancellationToken, RankGroups> join, TextSource prepare, TimeProvider time, FaultTools? faults = null) : IRole
{
    /// <inheritdoc/>
    public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
    {
        try
        {
            var start = time.GetTimestamp();
            var data = prepare(assignment.Job, assignment, stop.AtOnce);
            events.Prepared(time.GetElapsedTime(start).TotalSeconds, data.ContentId);
            var profiler = assignment.ProfileSteps > 0 ? new StepProfiler(assignment.ProfileSteps, time) : null;
            var injector = FaultInjector.Of(assignment, faults, time);
            using var called = injector.Listen();
            using var groups = injector.Watch(Join(assignment, profiler, stop.AtOnce));
            return Train(assignment, data, groups, profiler, injector, events, stop);
        }
        catch (Exception aborted) when (aborted is ExchangeAbortedException or OperationCanceledException && stop.AtOnce.IsCancellationRequested)
        {
            return RoleOutcome.Stopped; // as told
        }
    }

    /// <inheritdoc/>
    public void Prepare(TrainingJob job, CancellationToken stop) => prepare(job, assignment: null, stop);

    private RoleOutcome Train(RoleAssignment assignment, PreparedData data, RankGroups groups, StepProfiler? profiler, FaultInjector injector, ITrainingEvents events, StopSignal stop)
    {
        // The ranks that wait for this one leave at once and name the reason.
        using var fence = stop.AtOnce.Register(() => groups.World.Abort(new OperationCanceledException($"rank {assignment.Rank} was told to stop at once")));
        try
        {
            using var trainer = new Trainer(
                new TrainerAssignment
                {
                    // A coordinator that prepares no text leaves the vocabulary to its workers; of a job that is settled nothing changes.
                    Job = assignment.Job.WithVocabulary(data.Tokenizer.VocabularySize), Data = data, Placement = assignment.Placement, Checkpoint = assignment.Checkpoint,
                    Recovery = assignment.Recovery, Points = assignment.Points, Kept = assignment.Kept, AskedFor = assignment.AskedFor?.WithVocabulary(data.Tokenizer.VocabularySize),
                    Run = assignment.Epoch.Job.Value, RunIdentity = assignment.Run, Store = injector.Store, AfterBackward = injector.AfterBackward,
                },
                groups, assignment.Epoch.Epoch, injector.Watch(events), time, profiler);
            return trainer.Run(stop.AfterStep, stop.Leave, stop.TakeSaveRequest) switch
            {
                TrainingOutcome.Completed => RoleOutcome.Completed,
                TrainingOutcome.Stopped or TrainingOutcome.Left => RoleOutcome.Stopped,
                var other => throw new ArgumentOutOfRangeException(nameof(assignment), other, "An unknown outcome."),
            };
        }
        catch (Exception error) when (error is not (ExchangeAbortedException or ExchangeTimeoutException or ExchangeMismatchException))
        {
            groups.World.Abort(error);
            throw;
        }
    }

    private RankGroups Join(RoleAssignment assignment, StepProfiler? profiler, CancellationToken stop)
    {
        var groups = join(assignment, stop);
        return profiler is null ? groups : profiler.Watch(groups);
    }
}
