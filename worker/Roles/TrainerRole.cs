using Distributed.Data.Preparation;
using Distributed.Training;
using Distributed.Training.Jobs;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;
using Distributed.Worker.Faults;

namespace Distributed.Worker.Roles;

/// <summary>Returns the text of a job; the caller does not dispose it.</summary>
/// <param name="job">The job.</param>
/// <param name="assignment">The assignment that needs the text; null while the job is only prepared.</param>
/// <param name="stop">Cancelled to end early.</param>
public delegate PreparedData TextSource(TrainingJob job, RoleAssignment? assignment, CancellationToken stop);

/// <summary>The trainer role: one rank of the group of learners.</summary>
/// <param name="join">Connects this rank to the groups of an assignment; the result is disposed here.</param>
/// <param name="prepare">Returns the text of a job.</param>
/// <param name="time">The clock.</param>
/// <param name="faults">The means of injecting the plan's faults; null for the defaults.</param>
public sealed class TrainerRole(
    Func<RoleAssignment, CancellationToken, RankGroups> join, TextSource prepare, TimeProvider time, FaultTools? faults = null) : IRole
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
            using var requests = injector.RegisterForRequests();
            using var groups = injector.Wrap(Join(assignment, profiler, stop.AtOnce));
            return Train(assignment, data, groups, profiler, injector, events, stop);
        }
        catch (Exception aborted) when (aborted is ExchangeAbortedException or OperationCanceledException
            && stop.AtOnce.IsCancellationRequested)
        {
            return RoleOutcome.Stopped; // as requested
        }
    }

    /// <inheritdoc/>
    public void Prepare(TrainingJob job, CancellationToken stop) => prepare(job, assignment: null, stop);

    private RoleOutcome Train(
        RoleAssignment assignment, PreparedData data, RankGroups groups, StepProfiler? profiler, FaultInjector injector,
        ITrainingEvents events, StopSignal stop)
    {
        // The ranks that wait for this one end their exchange at once and report the reason.
        using var fence = stop.AtOnce.Register(
            () => groups.World.Abort(new OperationCanceledException($"rank {assignment.Rank} was requested to stop immediately")));
        try
        {
            // If the coordinator has not prepared the text, the workers set the vocabulary size. A job whose vocabulary is set is
            // returned unchanged.
            var part = assignment.Trainer.WithVocabulary(data.Tokenizer.VocabularySize) with
            {
                Store = injector.Store, AfterBackward = injector.AfterBackward,
            };
            using var trainer = new Trainer(part, data, groups, assignment.Epoch.Epoch, injector.Wrap(events), time, profiler);
            return trainer.Run(stop.AfterStep, stop.Leave, stop.TakeSaveRequest) switch
            {
                TrainingOutcome.Completed => RoleOutcome.Completed,
                TrainingOutcome.Stopped or TrainingOutcome.Left => RoleOutcome.Stopped,
                var other => throw new ArgumentOutOfRangeException(nameof(assignment), other, "Unknown outcome."),
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
        return profiler is null ? groups : profiler.Wrap(groups);
    }
}
