using Distributed.Coordinator.Jobs.Epochs;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>Plans an epoch: ranks, placement of experts, transport, and the state from which the group resumes.</summary>
/// <param name="run">The state of the job.</param>
internal sealed class EpochPlanner(JobRun run)
{
    /// <summary>Plans an epoch, stores it, and sends each rank its assignment. The job then runs, or has failed.</summary>
    /// <param name="grid">The grid, of at most the number of members.</param>
    /// <returns>Whether the job runs.</returns>
    public bool TryPlan(RankGrid grid)
    {
        run.Enter(new JobPhase.Planning());
        var ranks = run.Members.AssignRanks(grid.World, run.Grid.World);
        if (TryDistribute(grid, ranks) is not { } plan) return false;
        var exchange = ExchangeChoice.Of(run.Job.Exchange, ranks, out var problem);
        if (problem is not null)
        {
            run.Fail(new Failure(FailureCause.NoTransport) { Message = problem });
            return false;
        }

        (run.Grid, run.Failure, run.Epoch) = (grid, null, run.Epoch with { Epoch = run.Epoch.Epoch + 1 });
        run.Slow.Clear();
        var epoch = new PlannedEpoch(run.Epoch, plan, ranks, Resume(ranks), exchange);
        if (run.TryStore(RecordedState.Running, ranks) is { } unstored) // before the epoch is used
        {
            run.Fail(new Failure(FailureCause.StateNotStored) { Message = unstored });
            return false;
        }

        run.Notify(new PlanMade(plan, [.. ranks.Select(member => member.Id.Name)]));
        var assignments = new AssignmentBuilder(run.Job, epoch, run.Progress.Furthest);
        foreach (var member in ranks) member.Link.Send(assignments.Build(member));
        run.Deadline.Set(run.Options.SilenceTimeout);
        run.Enter(new JobPhase.Running());
        return true;
    }

    private ExecutionPlan? TryDistribute(RankGrid grid, IReadOnlyList<Member> ranks)
    {
        var request = run.Job.Plan;
        run.Precision ??= request.Precision is Precision.Auto
            ? PrecisionChoice.Of(ranks.Select(member => member.Hello.Bf16Speedup)) : request.Precision;
        try
        {
            return ExecutionPlan.Create(request with { Grid = grid, Precision = run.Precision.Value }, run.Services.Placement);
        }
        catch (ArgumentException impossible)
        {
            run.Fail(new Failure(FailureCause.InvalidPlan) { Message = impossible.Message });
            return null;
        }
    }

    private EpochStart Resume(IReadOnlyList<Member> ranks)
    {
        var held = HeldRecoveryPoints.Newest(ranks);
        if (held is null || held.Step < run.Checkpoint.Known?.Step) run.RefreshCheckpoint();
        var start = EpochStart.ChooseNewest(held, run.Checkpoint.Known);
        var (replayed, lost) = run.Progress.Resume(start.Step, start.IsRecoveryPoint);
        if (run.Epoch.Epoch > 1)
        {
            run.Log.LogEpoch(run.Name, run.Epoch.Epoch, ranks.Count, start.From);
            run.Notify(new EpochBegan(run.Epoch.Epoch, ranks.Count, start.Step, replayed, lost, start.From));
        }

        return start;
    }
}
