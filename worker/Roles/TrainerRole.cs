using Distributed.Data.Preparation;
using Distributed.Training;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;
using Distributed.Worker.Faults;

namespace Distributed.Worker.Roles;

/// <summary>Trains: one rank of the group that learns.</summary>
/// <param name="join">Gives this rank's ends of the groups of an assignment; disposed here.</param>
/// <param name="prepare">Gives the text of an assignment's job; not disposed here.</param>
/// <param name="time">The clock.</param>
/// <param name="faults">By what means the plan's faults are made to happen; null for those of this process.</param>
public sealed class TrainerRole(Func<RoleAssignment, RankGroups> join, Func<RoleAssignment, PreparedData> prepare, TimeProvider time, FaultTools? faults = null) : IRole
{
    /// <inheritdoc/>
    public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
    {
        var profiler = assignment.ProfileSteps > 0 ? new StepProfiler(assignment.ProfileSteps, time) : null;
        var data = prepare(assignment);
        var injector = FaultInjector.Of(assignment, faults, time);
        using var groups = injector.Watch(Join(assignment, profiler));
        // The ranks that wait for this one leave at once and name the reason.
        using var fence = stop.AtOnce.Register(() => groups.World.Abort(new OperationCanceledException($"rank {assignment.Rank} was told to stop at once")));
        try
        {
            using var trainer = new Trainer(
                new TrainerAssignment { Job = assignment.Job, Data = data, Placement = assignment.Placement, Checkpoint = assignment.Checkpoint, Store = injector.Store, AfterBackward = injector.AfterBackward },
                groups, assignment.Epoch.Epoch, injector.Watch(events), time, profiler);
            return trainer.Run(stop.AfterStep) switch
            {
                TrainingOutcome.Completed => RoleOutcome.Completed,
                TrainingOutcome.Stopped => RoleOutcome.Stopped,
                var other => throw new ArgumentOutOfRangeException(nameof(assignment), other, "An unknown outcome."),
            };
        }
        catch (ExchangeAbortedException) when (stop.AtOnce.IsCancellationRequested)
        {
            return RoleOutcome.Stopped; // as told
        }
        catch (Exception error) when (error is not (ExchangeAbortedException or ExchangeTimeoutException or ExchangeMismatchException))
        {
            groups.World.Abort(error);
            throw;
        }
    }

    private RankGroups Join(RoleAssignment assignment, StepProfiler? profiler)
    {
        var groups = join(assignment);
        return profiler is null ? groups : profiler.Watch(groups);
    }
}
