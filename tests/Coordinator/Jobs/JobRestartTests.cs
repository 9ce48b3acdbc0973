using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Tests a coordinator that starts from the record of the previous one while the group is running or ending.</summary>
public sealed class JobRestartTests
{
    private const long Epoch = 4;
    private static readonly GroupEpoch Group = new(new JobId("ledger-1"), "learners", Epoch);

    private readonly ManualTime _time = new();
    private readonly InProcessLink[] _links = [new(), new()];
    private readonly JobCoordinator _coordinator;

    public JobRestartTests()
    {
        var plan = new PlanRequest("ledger", new RankGrid(2, 1), 16, [1], GlobalBatch: 16, Accumulation: 1, Steps: 30);
        RecordedMember[] members = [new("worker-0", "1", "", "", ""), new("worker-1", "1", "", "", "")];
        var job = Specifications.Of(plan, new RecoveryPolicy { ReplacementTimeout = TimeSpan.Zero }) with
        {
            Record = new JobRecord(Epoch, RecordedState.Running, 2, 1, members, FirstStep: 5, Furthest: 8),
        };
        _coordinator = new JobCoordinator(job, new ContiguousPlacement(), new Notices(), Scene.Options, _time,
            NullLogger<JobCoordinator>.Instance);
        _coordinator.Begin();
    }

    [Fact]
    public void Ranks_StoppedByThePreviousCoordinator_ContinueTogether()
    {
        for (var rank = 0; rank < 2; rank++)
        {
            Enqueue(rank, Hello(rank, Epoch));
            Enqueue(rank, Finished(rank));
        }

        for (var rank = 0; rank < 2; rank++) Assert.Equal((Epoch + 1, 9L), Assigned(rank));
    }

    [Fact]
    public void Members_WithoutTheirPlan_ContributeTheirRecoveryPoints()
    {
        for (var rank = 0; rank < 2; rank++)
            Enqueue(rank, Hello(rank, Epoch - 1, ScriptedWorker.Part(7, 3, 2, 0), ScriptedWorker.Part(7, 3, 2, 1)));

        for (var rank = 0; rank < 2; rank++) Assert.Equal((Epoch + 1, 7L), Assigned(rank));
    }

    [Fact]
    public void StoppedAtOnce_WhileAMemberIsAbsent_IsStoppedAfterTheReturnTimeout()
    {
        Enqueue(0, Hello(0, Epoch));
        Enqueue(0, Finished(0));
        _coordinator.RequestStop(save: false, "enough");
        Assert.Null(_coordinator.Work());

        _time.Advance(Scene.Options.ReturnTimeout);

        Assert.Equal((JobState.Stopped, "enough"), (_coordinator.Work()!.State, _coordinator.Work()!.Reason));
    }

    [Fact]
    public void Stopped_InAnEpochThatReplaysSteps_CountsTheStepsOfThatEpoch()
    {
        _coordinator.RequestStop(save: true, "enough");
        for (var rank = 0; rank < 2; rank++)
        {
            var hello = Hello(rank, Epoch);
            hello.Hello.Assigned.Step = 6; // 8 steps were committed in an earlier epoch
            Enqueue(rank, hello);
            Enqueue(rank, new WorkerEvent { Identity = Group.At(6), Finished = new Finished { Stopped = true } });
        }

        Assert.Equal((JobState.Stopped, 6), (_coordinator.Work()!.State, _coordinator.Work()!.Step));
    }

    [Fact]
    public void Lost_ReturnsWhileItsRoleRuns_EndsTheRoleAndContributesItsRecoveryPoints()
    {
        var running = Hello(0, Epoch);
        running.Hello.RoleRunning = true;
        running.Hello.Worker.Incarnation = "2"; // another incarnation, which the coordinator does not wait for
        Enqueue(1, Hello(1, Epoch - 1));
        Enqueue(0, running);

        Assert.True(_links[0].Worker.Commands.TryRead(out var command));
        Assert.Equal((Epoch, false), (command.Identity.Epoch, command.Stop.Save));
        var finished = Finished(0);
        finished.Finished.Held.Add(ScriptedWorker.Part(9, Epoch, 2, 1));
        Enqueue(0, finished);

        for (var rank = 0; rank < 2; rank++) Assert.Equal((Epoch + 1, 9L), Assigned(rank));
    }

    [Fact]
    public void Lost_ReturnsAndNeverEndsItsRole_IsDismissedAfterTheTimeout()
    {
        var running = Hello(0, Epoch);
        running.Hello.RoleRunning = true;
        running.Hello.Worker.Incarnation = "2";
        Enqueue(0, running);
        Assert.True(_links[0].Worker.Commands.TryRead(out var command));
        Assert.NotNull(command.Stop);

        _time.Advance(Scene.Options.FenceTimeout);
        _coordinator.Work();

        Assert.True(_links[0].Worker.Commands.Completion.IsCompleted);
        Enqueue(0, Finished(0)); // too late
        Assert.False(_links[0].Worker.Commands.TryRead(out _));
    }

    private void Enqueue(int rank, WorkerEvent message)
    {
        _coordinator.Receive(_links[rank].Coordinator, message);
        _coordinator.Work();
    }

    private static WorkerEvent Hello(int rank, long epoch, params HeldPart[] held) => new()
    {
        Hello = new Hello
        {
            Worker = new WorkerId($"worker-{rank}", "1").ToWire(), Assigned = (Group with { Epoch = epoch }).At(9), Held = { held }
        },
    };

    private static WorkerEvent Finished(int rank) => new()
    {
        Identity = Group.At(9), Finished = new Finished { Stopped = true, Held = { ScriptedWorker.Part(9, Epoch, 2, rank) } },
    };

    // The epoch and the step of the rank's plan.
    private (long Epoch, long Step) Assigned(int rank)
    {
        while (_links[rank].Worker.Commands.TryRead(out var command))
            if (command.Assign is not null) return (command.Identity.Epoch, command.Identity.Step);
        throw new InvalidOperationException($"Rank {rank} received no plan.");
    }
}
