using Distributed.Coordinator.Reports;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class CheckpointJsonTests
{
    [Fact]
    public void Of_ACheckpoint_HasItsFigures() => Assert.Equal(
        """{"step":4,"directory":"runs/one","bytes":12,"seconds":1.5,"held_up_seconds":0.25,"not_removed":["runs/one/step-2"]}""",
        JsonFormat.Text(CheckpointJson.Of(
            new CheckpointSaved
            {
                Directory = "runs/one", Bytes = 12, Seconds = 1.5, HeldUpSeconds = 0.25, NotRemoved = { "runs/one/step-2" },
            },
            step: 4)));
}
