using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Jobs;

public sealed class JobSpecificationTests
{
    private static readonly JobDescription Job = new(
        new PlanRequest("job", new RankGrid(2, 1), 16, [1], GlobalBatch: 16, Accumulation: 1, Steps: 30), "{}",
        new RecoveryPolicy { Spares = 2 });

    [Fact]
    public void Specification_WithoutACheckpoint_BeginsTheRunOfItsOwnId()
    {
        var specification = new JobSpecification(new JobId("job-1"), Job);

        Assert.Equal((null, 0L, "job-1"), (specification.Checkpoint, specification.FirstStep, specification.Run));
        Assert.Equal((Job.Recovery, TransportKind.Auto), (specification.Recovery, specification.Exchange));
    }

    [Theory]
    [InlineData("job-0", "job-0")]
    [InlineData(null, "")]
    public void Specification_WithACheckpoint_ContinuesTheRunThatSavedIt(string? saved, string expected)
    {
        var specification = new JobSpecification(new JobId("job-1"), Job, new ResumePoint("runs/job/step-00000007", 7, saved));

        Assert.Equal(("runs/job/step-00000007", 7L, expected), (specification.Checkpoint, specification.FirstStep, specification.Run));
    }
}
