namespace Distributed.Integration.Tests.CommandLines;

public sealed class SimulateTests
{
    [Fact]
    public async Task Simulate_AFewSchedules_ReportsHowTheJobsEnded()
    {
        var call = await Invocation.Of("simulate", "--seed", "1", "--schedules", "40", "--threads", "2", "--json");

        Assert.Equal(0, call.Status);
        var summary = Assert.Single(call.Events);
        Assert.Equal((40, 0), ((int)summary["schedules"]!, (int)summary["violations"]!));
        Assert.Equal(40, summary["outcomes"]!.AsObject().Sum(outcome => (int)outcome.Value!));
    }

    [Fact]
    public async Task Simulate_Traced_PrintsTheSameEveryTime()
    {
        string[] args = ["simulate", "--seed", "5", "--schedules", "1", "--trace"];
        var (first, second) = (await Invocation.Of(args), await Invocation.Of(args));

        Assert.Equal(0, first.Status);
        Assert.Contains("To = Gathering", first.Output, StringComparison.Ordinal);
        Assert.Equal(first.Output, second.Output);
    }

    [Fact]
    public async Task Simulate_WithAFaultPlan_InjectsItsFaults()
    {
        using var workspace = new Workspace();
        var file = workspace.At("faults.yaml");
        await File.WriteAllTextAsync(file, "- { kind: coordinator-kill, step: 20 }\n", TestContext.Current.CancellationToken);

        var traced = await Invocation.Of("simulate", "--seed", "5", "--schedules", "1", "--trace", "--fault", "kill:worker-1@step=12",
            "--fault-plan", file);

        Assert.Equal(0, traced.Status);
        Assert.Contains("fault: kill:worker-1@step=12", traced.Output, StringComparison.Ordinal);
        Assert.Contains("fault: coordinator-kill@step=20", traced.Output, StringComparison.Ordinal);
        Assert.Contains("the coordinator has restarted", traced.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allowed workers: worker-0 to worker-3", "--fault", "kill:worker-9@step=2")]
    [InlineData("--schedules 1", "--trace", "--schedules", "2")]
    [InlineData("--workers 0: allowed: a whole number from 1 to 64.", "--workers", "0")]
    [InlineData("--steps 10001: allowed: a whole number from 1 to 10000.", "--steps", "10001")]
    public async Task Simulate_WithArgumentsOutOfRange_IsBadInput(string message, params string[] args)
    {
        var call = await Invocation.Of(["simulate", .. args]);

        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }
}
