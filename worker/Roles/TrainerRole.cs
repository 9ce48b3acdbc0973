using Distributed.Data.Preparation;
using Distributed.Training;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;

namespace Distributed.Worker.Roles;

/// <summary>Trains: one rank of the group that learns.</summary>
/// <param name="join">Gives this rank's ends of the groups of an assignment; disposed here.</param>
/// <param name="prepare">Gives the text of an assignment's job; not disposed here.</param>
/// <param name="time">The clock.</param>
public sealed class TrainerRole(Func<RoleAssignment, RankGroups> join, Func<RoleAssignment, PreparedData> prepare, TimeProvider time) : IRole
{
    /// <inheritdoc/>
    public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
    {
        var profiler = assignment.ProfileSteps > 0 ? new StepProfiler(assignment.ProfileSteps, time) : null;
        var data = prepare(assignment);
        using var groups = Join(assignment, profiler);
        // The ranks that wait for this one leave at once and name the reason.
        using var fence = stop.AtOnce.Register(() => groups.World.Abort(new OperationCanceledException($"rank {assignment.Rank} was told to stop at once")));
        try
        {
            using var trainer = new Trainer(
                // A coordinator that prepares no text leaves the vocabulary to its workers; of a job that is settled nothing changes.
                new TrainerAssignment { Job = assignment.Job.WithVocabulary(data.Tokenizer.VocabularySize), Data = data, Placement = assignment.Placement, Checkpoint = assignment.Checkpoint },
                groups, assignment.Epoch.Epoch, events, time, profiler);
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
