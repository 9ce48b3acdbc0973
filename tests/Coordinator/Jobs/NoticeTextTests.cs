using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

public sealed class NoticeTextTests
{
    private static readonly WorkerEvent Saved = new()
    {
        Identity = new StepIdentity { Step = 4 }, Checkpoint = new CheckpointSaved
        {
            Directory = "runs/one/step-4", Bytes = 3 << 20, Seconds = 65, HeldUpSeconds = 0.2,
            NotRemoved = { "runs/one/step-2: cannot be removed" }
        },
    };

    [Fact]
    public void Of_ACheckpoint_HasItsFigures() =>
        Assert.Equal(
            "checkpoint of step 4: runs/one/step-4 (3.0 MiB, 1 min 05 s, steps delayed by 0 s)\n"
            + "warning: runs/one/step-2: cannot be removed",
            NoticeText.Of(new RankReported(0, Saved)));

    [Fact]
    public void Of_TheSameReportOfAnotherRank_IsNull() => Assert.Null(NoticeText.Of(new RankReported(1, Saved)));

    [Fact]
    public void Of_AStep_IsNull() => Assert.Null(NoticeText.Of(new RankReported(0, new WorkerEvent { Step = new StepCommitted() })));
}
