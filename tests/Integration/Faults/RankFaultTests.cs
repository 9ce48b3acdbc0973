using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;
using Distributed.Protocol.Faults;

namespace Distributed.Integration.Tests.Faults;

/// <summary>Faults in a rank that is a thread of this process, and the messages that users get.</summary>
public sealed class RankFaultTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Train_ARankThrows_FailsNamingItAndTheFault()
    {
        var run = await Train("exception:worker-1@step=3");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("rank 1", run.Error, StringComparison.Ordinal);
        Assert.Contains("exception:worker-1@step=3", run.Error, StringComparison.Ordinal);
        Assert.InRange(run.Named("step").Count, 2, 3);
        AssertHappened("exception:worker-1@step=3");
    }

    [Fact]
    public async Task Train_AGradientIsNotFinite_FailsInTheNextStepNamingTheTensor()
    {
        var run = await Train("non-finite-gradient:worker-2@step=3");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("Step 4: the gradient norm is not finite", run.Error, StringComparison.Ordinal);
        Assert.Contains("\"gradient of model.", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, run.Named("step").Count);
        AssertHappened("non-finite-gradient:worker-2@step=3");
    }

    [Fact]
    public async Task Train_AFrameIsCorrupt_FailsAndNamesTheSender()
    {
        var run = await Train("corrupt-frame:worker-1@step=2");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("must start the same exchanges in the same order", run.Error, StringComparison.Ordinal);
        Assert.Contains("ank 1", run.Error, StringComparison.Ordinal);
        AssertHappened("corrupt-frame:worker-1@step=2");
    }

    [Theory]
    [InlineData("disk-full:worker-0@step=2")]
    [InlineData("disk-full:worker-2@step=2")]
    public async Task Train_TheDiskIsFullForOneSave_ContinuesAndSavesTheNext(string fault)
    {
        var run = await Train(fault);

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.Contains("No space left on device", (string)Assert.Single(run.Named("checkpoint_failed"))["message"]!,
            StringComparison.Ordinal);
        Assert.Equal(6, (int)run.Named("checkpoint")[^1]["step"]!);
        AssertHappened(fault);
    }

    [Fact]
    public async Task Train_TheDiskIsFullWhenTheLastSaveIsDue_WaitsForSpace()
    {
        var run = await Train("disk-full:worker-1@step=5,seconds=1.5");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.NotEmpty(run.Named("checkpoint_failed"));
        Assert.Equal(6, (int)run.Named("checkpoint")[^1]["step"]!);
    }

    [Fact]
    public async Task Train_TheDiskStaysFull_RetriesTheLastSaveUntilTheTimeoutAndReportsTheLoss()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--fault", "disk-full:worker-1@step=5,seconds=600", "--set",
            "checkpoint.timeout_seconds=4", "--json");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Matches(
            "The state after step 6 is lost: it could not be saved within 4 s \\(checkpoint.timeout_seconds\\), in [3-9] attempts. The "
            + "last one: rank 1: .*No space left on device.*'latest' still names step-00000003", run.Error);
        Assert.InRange(run.Named("checkpoint_failed").Count, 3, 9);
    }

    [Fact]
    public async Task Train_OverASlowOrPartitionedLink_HasTheSameBits()
    {
        var plain = await Train();
        var run = await Train("slow-link:worker-1@step=1,seconds=60,latency-ms=1,mb-per-s=50", "partition:worker-2@step=3,seconds=0.3");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.Equal(plain.Named("step").Select(step => (double)step["loss"]!), run.Named("step").Select(step => (double)step["loss"]!));
        AssertHappened("slow-link:worker-1@step=1,latency-ms=1,mb-per-s=50,seconds=60", "partition:worker-2@step=3,seconds=0.3");
    }

    private Task<Invocation> Train(params string[] faults) =>
        Invocation.Of(["train", _workspace.Job, .. faults.SelectMany(fault => new[] { "--fault", fault }), "--overwrite", "--json"]);

    private void AssertHappened(params string[] faults) =>
        Assert.Equal(faults, FaultJournal.OfRun(_workspace.Run).Read().Select(fault => fault.ToString()));
}
