using System.Text.Json.Nodes;
using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;
using Distributed.Protocol.Faults;

namespace Distributed.Integration.Tests.Faults;

/// <summary>
/// One of four worker processes has a fault; the run computes the same weights and moments as a run without faults, and no committed step
/// is lost. The lease of a worker is five seconds.
/// </summary>
public sealed class SurvivalTests : IClassFixture<ReferenceRun>
{
    private readonly ReferenceRun _reference;
    private readonly string _run;

    public SurvivalTests(ReferenceRun reference)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs the signals of Linux");
        (_reference, _run) = (reference, reference.NextRun());
    }

    [Theory]
    [InlineData("kill:worker-0@step=4", "ank 0")]
    [InlineData("stop:worker-1@step=4", "no message arrived for 5 s")]
    [InlineData("stop:worker-2@step=4,seconds=6.5", "no message arrived for 5 s")]
    [InlineData("partition:worker-3@step=4,seconds=7", "no message arrived for 5 s")]
    [InlineData("exception:worker-1@step=4", "exception:worker-1@step=4")]
    [InlineData("non-finite-gradient:worker-3@step=4", "Step 5: the gradient norm is not finite")]
    [InlineData("corrupt-frame:worker-2@step=4", "ank 2 start")]
    public async Task Train_AWorkerIsLost_RecoversWithTheBitsOfARunWithoutFaults(string fault, string reason)
    {
        var run = await Train(fault);

        AssertWhole(run, fault);
        Assert.Contains(reason, (string)Assert.Single(run.Named("recovery"))["reason"]!, StringComparison.Ordinal);
        Assert.Equal((2, 4), ((int)run.Named("epoch")[0]["epoch"]!, (int)run.Named("epoch")[0]["workers"]!));
        await _reference.AssertSameBitsAsync(_run);
    }

    [Fact]
    public async Task Train_ARankAndItsBuddyAreLost_ResumesFromTheCheckpointAndCountsLostSteps()
    {
        string[] faults = ["kill:worker-1@step=7", "kill:worker-2@step=7"];
        var run = await Train(faults, "checkpoint.every=4", "checkpoint.asynchronous=false", "recovery.every=1");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.Equal(faults, FaultJournal.OfRun(_run).Read().Select(fault => fault.ToString()).Order());
        var epoch = Assert.Single(run.Named("epoch"),
            epoch => ((string)epoch["from"]!).EndsWith("step-00000004", StringComparison.Ordinal));
        Assert.InRange((long)epoch["steps_lost"]!, 1, 3);
        var difference = await Invocation.Of("checkpoint", "diff", _reference.Workspace.Run, _run, "--json");
        Assert.Empty((JsonArray)Assert.Single(difference.Named("summary"))["tensors"]!); // the lost steps are repeated
    }

    [Fact]
    public async Task Train_TemporaryFaults_ContinuesWithoutRecovery()
    {
        string[] faults = ["slow-link:worker-1@step=2,latency-ms=20,seconds=1", "stop:worker-2@step=3,seconds=0.8",
            "partition:worker-0@step=5,seconds=1", "disk-full:worker-3@step=7"];
        var run = await Train(faults, "checkpoint.every=4");

        AssertWhole(run, faults);
        Assert.Empty(run.Named("recovery"));
        Assert.Equal(Enumerable.Range(1, ReferenceRun.Steps).Select(step => (long)step),
            run.Named("step").Select(step => (long)step["step"]!));
        Assert.Contains("No space left on device", (string)Assert.Single(run.Named("checkpoint_failed"))["message"]!,
            StringComparison.Ordinal);
        await _reference.AssertSameBitsAsync(_run);
    }

    [Theory]
    [InlineData("dropped-connection:worker-3@step=4")] // on a busy machine the worker may reconnect too late and is then replaced
    [InlineData("kill:worker-2@time=0.05")] // the worker may not have joined yet
    [InlineData("partition:worker-1@time=1.5,seconds=1")] // the run may have done its last step before
    public async Task Train_AWorkerMayBeLost_HasTheBitsOfARunWithoutFaults(string fault)
    {
        var run = await Train(fault);

        AssertWhole(run, fault);
        await _reference.AssertSameBitsAsync(_run);
    }

    private Task<Invocation> Train(string fault) => Train([fault], "checkpoint.every=0");

    private Task<Invocation> Train(string[] faults, params string[] keys) => Invocation.Of(
        ["train", _reference.Workspace.Job, .. ReferenceRun.Keys, "--isolation", "process",
            .. faults.SelectMany(fault => new[] { "--fault", fault }), .. keys.SelectMany(key => new[] { "--set", key }), "--set",
            $"checkpoint.directory={_run}"]);

    // Each fault was injected once, no step is lost, and the ledger accounts for all time.
    private void AssertWhole(Invocation run, params string[] faults)
    {
        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.Equal(FaultPlan.Parse(faults).Faults.OrderBy(fault => fault.Worker),
            FaultJournal.OfRun(_run).Read().OrderBy(fault => fault.Worker));
        var ledger = (JsonObject)Assert.Single(run.Named("summary"))["ledger"]!;
        Assert.Equal(0L, (long)ledger["steps_lost"]!);
        Assert.Equal((double)ledger["wall_seconds"]!,
            ledger.Where(entry => entry.Key.EndsWith("_seconds", StringComparison.Ordinal) && entry.Key != "wall_seconds")
                .Sum(entry => (double)entry.Value!), 1e-3);
    }
}
