using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Epochs;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Jobs.Epochs;

/// <summary>Tests the complete message with which a rank begins.</summary>
public sealed class AssignmentBuilderTests
{
    private static readonly Exchange Grpc = new() { Grpc = new GrpcExchange { Addresses = { "a:1", "b:2" } } };

    [Fact]
    public void Build_ARankOfAResumedJob_IsTheCompleteAssignment()
    {
        var faults = FaultPlan.Parse("kill:worker-1@step=8;kill:worker-1@step=3;kill:worker-0@step=9");
        var job = TestGroup.Job(2, experts: 3);
        job = job with { Job = job.Job with { JobJson = "{\"name\":\"ledger\"}" }, ProfileSteps = 4, Faults = faults };

        var command = Build(job, rank: 1, new CommittedCheckpoint("runs/x/step-6", 6), Grpc, Precision.Fp32);

        var expected = new WorkerCommand
        {
            Identity = new StepIdentity { Job = "ledger-1", Group = "learners", Epoch = 3, Step = 6 },
            Assign = new AssignPlan
            {
                Rank = 1, World = 2, Replicas = 1, JobJson = "{\"name\":\"ledger\"}", Precision = ComputePrecision.OfJob, ProfileSteps = 4,
                Run = "ledger-1", Exchange = Grpc, Start = new Start { Resume = new Resume { Checkpoint = "runs/x/step-6" } },
                Recovery = new RecoveryPlan { Every = 0, Share = 0.05, BuddyShift = 1 },
                Placement = { Layer(1), Layer(2) },
                Members = { new WorkerId("worker-0", "1").ToWire(), new WorkerId("worker-1", "1").ToWire() },
                Faults = { FaultOrders.For(faults, "worker-1", committed: 7) },
            },
        };
        Assert.Equal(expected, command);
        Assert.Single(command.Assign.Faults); // the fault of step 3 is not injected again
    }

    [Theory]
    [InlineData(Precision.Auto, Precision.Bf16, ComputePrecision.Bf16)]
    [InlineData(Precision.Auto, Precision.Fp32, ComputePrecision.Fp32)]
    [InlineData(Precision.Bf16, Precision.Bf16, ComputePrecision.OfJob)]
    public void Build_AnAutomaticPrecision_IsPartOfTheAssignment(Precision asked, Precision chosen, ComputePrecision expected)
    {
        var job = TestGroup.Job(2);

        var asking = job with { Job = job.Job with { Plan = job.Plan with { Precision = asked } } };
        Assert.Equal(expected, Build(asking, 0, null, null, chosen).Assign.Precision);
    }

    [Fact]
    public void Build_AJobWithoutRecovery_TakesNoRecoveryPoints()
    {
        var assign = Build(TestGroup.Job(2) with { Recovery = null }, rank: 0, checkpoint: null, exchange: null, Precision.Fp32).Assign;

        Assert.Null(assign.Recovery);
        Assert.Null(assign.Exchange);
        Assert.Equal(Start.FromOneofCase.Fresh, assign.Start.FromCase);
    }

    private static WorkerCommand Build(
        JobSpecification job, int rank, CommittedCheckpoint? checkpoint, Exchange? exchange, Precision precision)
    {
        var ranks = TestGroup.WithRanks("worker-0", "worker-1").Members.All;
        var plan = ExecutionPlan.Create(job.Plan with { Precision = precision }, new ContiguousPlacement());
        var epoch = new PlannedEpoch(
            new GroupEpoch(job.Id, "learners", 3), plan, ranks, EpochStart.ChooseNewest(held: null, checkpoint), exchange);
        return new AssignmentBuilder(job, epoch, furthest: 7).Build(ranks[rank]);
    }

    // Three experts on two ranks.
    private static LayerPlacement Layer(int layer) => new()
    {
        Layer = layer, Ranks = { new RankExperts { Experts = { 0, 1 } }, new RankExperts { Experts = { 2 } } }
    };
}
