using System.Text.Json.Nodes;
using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;

namespace Distributed.Integration.Tests.Faults;

/// <summary>The options of the command line that inject faults.</summary>
public sealed class FaultOptionTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Train_FaultsThatCannotBeRead_ReportsEveryMistake()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--fault", "burn:worker-1@step=3", "--fault",
            "stop:worker-1@step=0,minutes=8");

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains("3 mistakes", run.Error, StringComparison.Ordinal);
        Assert.Contains("fault 1, character 1: burn: allowed: kill,", run.Error, StringComparison.Ordinal);
        Assert.Contains("fault 2, character 22: minutes=8: stop has seconds", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_FaultsThatCannotBeInjected_ReportsEachBeforeAnythingStarts()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--fault", "kill:worker-1@step=3", "--fault", "exception:worker-3@step=6",
            "--fault", "partition:worker-0@time=6");

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains("kill:worker-1@step=3: needs workers that are processes: add --isolation process", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("exception:worker-3@step=6: allowed workers: worker-0 to worker-2", run.Error, StringComparison.Ordinal);
        Assert.Contains("exception:worker-3@step=6: allowed steps: 1 to 5", run.Error, StringComparison.Ordinal);
        Assert.Contains("partition:worker-0@time=6,seconds=5: needs workers that are processes", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_workspace.Run));
    }

    [Fact]
    public async Task Train_APlanInAFile_IsInjectedTogetherWithTheFaultOption()
    {
        var file = _workspace.At("faults.yaml");
        await File.WriteAllTextAsync(file, "# this fault does not end the run\n- { kind: disk-full, worker: worker-0, step: 2 }\n",
            TestContext.Current.CancellationToken);

        var run = await Invocation.Of("train", _workspace.Job, "--fault-plan", file, "--fault",
            "slow-link:worker-1@step=1,latency-ms=1", "--json");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.Single(run.Named("checkpoint_failed"));
    }

    [Theory]
    [InlineData(
        "- { kind: stop, worker: worker-0 }\n- kind: kill\n  worker: worker-1\n  step: soon\n",
        "fault 2, line 4: step=soon: allowed: a whole number")]
    [InlineData("- { kind: stop", "line 2")]
    [InlineData("kind: stop", "the plan: {\"kind\":\"stop\"}: allowed: a list of faults")]
    public async Task Train_APlanInAFileWithMistakes_ReportsTheirPositions(string text, string problem)
    {
        var file = _workspace.At("faults.yaml");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        var run = await Invocation.Of("train", _workspace.Job, "--fault-plan", file);

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains(file, run.Error, StringComparison.Ordinal);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_MissingPlanFile_ReportsIt()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--fault-plan", _workspace.At("nowhere"));

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains("--fault-plan", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chaos_UnderFaultsThatARunSurvives_ReportsThePlanAndTheInjectedFaults()
    {
        var run = await Invocation.Of("chaos", _workspace.Job, "--workers", "2", "--faults", "3", "--seed", "7", "--kinds",
            "slow-link", "--json");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        var plan = (JsonArray)Assert.Single(run.Named("fault_plan"))["faults"]!;
        var report = run.Events[^1];
        Assert.Equal(("faults", "completed", 0), ((string)report["event"]!, (string)report["outcome"]!, (int)report["exit"]!));
        Assert.Equal(3, plan.Count);
        Assert.Equal(plan.Select(fault => (string)fault!["kind"]!),
            ((JsonArray)report["faults"]!).Select(fault => (string)fault!["kind"]!));
        Assert.Equal((int)report["injected"]!, ((JsonArray)report["faults"]!).Count(fault => (bool)fault!["injected"]!));
        Assert.Equal(3, (int)report["injected"]!);
    }

    [Fact]
    public async Task Chaos_AFaultEndsTheRun_ReportsInjectedFaultsAndBrokenChecks()
    {
        string[] helpless = ["--set", "recovery.restart=false", "--set", "recovery.wait_seconds=0", "--set", "recovery.min_workers=2"];
        var run = await Invocation.Of(
            ["chaos", _workspace.Job, "--workers", "2", "--faults", "2", "--seed", "7", "--kinds", "kill", "--compare", .. helpless]);

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("faults drawn from seed 7:", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 faults were injected, and the run failed:", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"  injected  kill:worker-\d@step=\d\s+skipped   kill:worker-\d@step=\d\s+BROKEN    completed: .*worker-\d",
            run.Output);
        Assert.Matches(
            @"  holds     steps: each of \d steps? is in the final history once.*\n  omitted   samples: .*\n"
            + @"  holds     lost: .*\n  holds     time: .*\n  omitted   bits: ",
            run.Output);
    }

    [Fact]
    public async Task Train_AFaultOfASpare_IsAllowed()
    {
        string[] job = ["train", _workspace.Job, "--isolation", "process", "--set", "recovery.spares=1", "--fault", "kill:worker-4@step=3"];
        var run = await Invocation.Of(job);

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains("kill:worker-4@step=3: allowed workers: worker-0 to worker-3", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--kinds", "kill,burn", "--kinds burn: allowed: kill, stop,")]
    [InlineData("--faults", "-1", "--faults -1: allowed: a whole number from 0 to 1000.")]
    [InlineData("--longest", "0.1", "--longest 0.1: allowed: a number from 0.5 to 600.")]
    [InlineData("--longest", "NaN", "--longest NaN: allowed: a number from 0.5 to 600.")]
    public async Task Chaos_OptionsOutOfRange_ReportsTheAllowedRange(string option, string value, string problem)
    {
        var run = await Invocation.Of("chaos", _workspace.Job, option, value);

        Assert.Equal(ExitStatus.BadInput, run.Status);
        Assert.Contains(problem, run.Error, StringComparison.Ordinal);
    }
}
