using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Goodput;

/// <summary>Creates the notices of a run, as its coordinator would.</summary>
internal static class RunNotices
{
    private static readonly GroupEpoch Epoch = new(new JobId("run-1"), "learners", 1);

    public static PlanMade Plan(int workers)
    {
        var request = new PlanRequest("run", new RankGrid(workers, 1), 16, [1], GlobalBatch: 16, Accumulation: 1, Steps: 100);
        return new PlanMade(ExecutionPlan.Create(request, new ContiguousPlacement()),
            [.. Enumerable.Range(0, workers).Select(rank => $"worker-{rank}")]);
    }

    public static RankReported Step(int rank, long step, long epoch = 1) =>
        Report(rank, step, epoch, new WorkerEvent { Step = new StepCommitted() });

    public static RankReported Point(int rank, long step, long epoch = 1) =>
        Report(rank, step, epoch, new WorkerEvent { RecoveryPoint = new RecoveryPointTaken() });

    public static EpochBegan Again(long epoch, long from, long lost = 0) => new(epoch, 2, from, 0, lost, "somewhere");

    public static WorkerLeft Left(int worker) => new($"worker-{worker}", 0, 1, 2);

    private static RankReported Report(int rank, long step, long epoch, WorkerEvent message)
    {
        message.Identity = (Epoch with { Epoch = epoch }).At(step);
        return new RankReported(rank, message);
    }
}
