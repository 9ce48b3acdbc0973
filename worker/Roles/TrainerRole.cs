using Distributed.Data.Preparation;
using Distributed.Training;
using Distributed.Training.Jobs;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;

namespace Distributed.Worker.Roles;

/// <summary>Trains: one rank of the group that learns.</summary>
/// <param name="join">Gives this rank's ends of the groups of an assignment; disposed here.</param>
/// <param name="prepare">Gives the text of a job; not disposed here.</param>
/// <param name="time">The clock.</param>
public sealed class TrainerRole(Func<RoleAssignment, CancellationToken, RankGroups> join, Func<TrainingJob, CancellationToken, PreparedData> prepare, TimeProvider time) : IRole
{
    /// <inheritdoc/>
    public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
    {
        try
        {
            var start = time.GetTimestamp();
            var data = prepare(assignment.Job, stop.AtOnce);
            events.Prepared(time.GetElapsedTime(start).TotalSeconds);
            var profiler = assignment.ProfileSteps > 0 ? new StepProfiler(assignment.ProfileSteps, time) : null;
            using var groups = Join(assignment, profiler, stop.AtOnce);
            return Train(assignment, data, groups, profiler, events, stop);
        }
        catch (Exception aborted) when (aborted is ExchangeAbortedException or OperationCanceledException && stop.AtOnce.IsCancellationRequested)
        {
            return RoleOutcome.Stopped; // as told
        }
    }

    /// <inheritdoc/>
    public void Prepare(TrainingJob job, CancellationToken stop) => prepare(job, stop);

    private RoleOutcome Train(RoleAssignment assignment, PreparedData data, RankGroups groups, StepProfiler? profiler, ITrainingEvents events, StopSignal stop)
    {
        // The ranks that wait for this one leave at once and name the reason.
        using var fence = stop.AtOnce.Register(() => groups.World.Abort(new OperationCanceledException($"rank {assignment.Rank} was told to stop at once")));
        try
        {
            using var trainer = new Trainer(
                new TrainerAssignment
                {
                    Job = assignment.Job, Data = data, Placement = assignment.Placement, Checkpoint = assignment.Checkpoint,
                    Recovery = assignment.Recovery, Points = assignment.Points, Kept = assignment.Kept, AskedFor = assignment.AskedFor,
                },
                groups, assignment.Epoch.Epoch, events, time, profiler);
            return trainer.Run(stop.AfterStep, stop.Leave) switch
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
