using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the messages for invalid plans.</summary>
public sealed class FaultPlanProblemsTests
{
    [Theory]
    [InlineData("", "fault 1: \"\": is empty")]
    [InlineData(
        "burn:worker-2@step=12",
        "fault 1, character 1: burn: allowed: kill, stop, exception, non-finite-gradient, dropped-connection, partition, slow-link, "
            + "corrupt-frame, disk-full, coordinator-kill")]
    [InlineData("kill@step=12", "fault 1: kill needs a worker's name")]
    [InlineData("kill:@step=12", "fault 1, character 6: kill needs a worker's name")]
    [InlineData("kill:worker 2@step=12", "fault 1, character 6: worker 2: a worker's name has no blanks")]
    [InlineData("coordinator-kill:worker-2@step=12", "fault 1, character 18: worker-2: coordinator-kill takes no worker")]
    [InlineData("kill:worker-2", "fault 1: needs step=N or time=SECONDS")]
    [InlineData("exception:worker-2@", "fault 1, character 20: \"\": allowed: name=value")]
    [InlineData("exception:worker-2@seconds", "fault 1, character 20: \"seconds\": allowed: name=value")]
    [InlineData("exception:worker-2@time=3", "fault 1, character 20: time=3: exception is due after a step")]
    [InlineData("kill:worker-2@step=0", "fault 1, character 15: step=0: allowed: a whole number, at least 1")]
    [InlineData("kill:worker-2@step=1.5", "fault 1, character 15: step=1.5: allowed: a whole number")]
    [InlineData("kill:worker-2@step=99999999999999999999", "allowed: a whole number")]
    [InlineData("kill:worker-2@step=1,time=2", "fault 1, character 22: time=2: either a step or a time")]
    [InlineData("kill:worker-2@step=1,step=2", "fault 1, character 22: step=2: step is repeated")]
    [InlineData("kill:worker-2@time=NaN", "fault 1, character 15: time=NaN: allowed: a number from 0.001")]
    [InlineData("kill:worker-2@step=1,seconds=3", "fault 1, character 22: seconds=3: kill has no parameters")]
    [InlineData("slow-link:a@step=1,latency=3", "latency=3: slow-link has seconds, latency-ms, mb-per-s")]
    [InlineData("stop:worker-2@step=1,seconds=-3", "seconds=-3: allowed: a number from 0.001 to 86400")]
    [InlineData("kill:a@step=1; stop:b@step=x", "fault 2, character 23: step=x: allowed: a whole number")]
    public void Parse_AMistake_NamesThePositionTheValueAndWhatIsAllowed(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigException>(() => FaultPlan.Parse(text)).Message);

    [Fact]
    public void Parse_ManyMistakes_NamesThemAll()
    {
        var error = Assert.Throws<ConfigException>(() => FaultPlan.Parse(["burn:a@step=1", "kill:b@step=0,seconds=3;stop@step=2"]));

        Assert.Equal(["fault 1, character 1", "fault 2, character 8", "fault 2, character 15", "fault 3"],
            error.Problems.Select(problem => problem.Key));
        Assert.StartsWith("the faults: 4 mistakes\n", error.Message);
    }

    [Fact]
    public void FromJson_ManyMistakes_NamesThemAllWithTheirLines()
    {
        var list = JsonNode.Parse(
            """
            [{ "kind": "burn" }, { "worker": "a" }, 7, { "kind": "stop", "worker": "a", "step": 1, "seconds": "long" },
             { "kind": "kill", "worker": "a", "step": true }]
            """);

        var error = Assert.Throws<ConfigException>(() => FaultPlan.FromJson(list, key => key == "[3].seconds" ? 12 : null));

        Assert.Equal(["fault 1", "fault 2", "fault 3", "fault 4, line 12", "fault 5"], error.Problems.Select(problem => problem.Key));
    }

    [Fact]
    public void FromJson_NoList_IsRefused() =>
        Assert.Contains("the plan: {}: allowed: a list of faults",
            Assert.Throws<ConfigException>(() => FaultPlan.FromJson(new JsonObject())).Message);
}
