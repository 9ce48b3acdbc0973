using System.Text.Json.Nodes;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the text and JSON forms of fault plans.</summary>
public sealed class FaultPlanTests
{
    public static TheoryData<string, string> Written => new()
    {
        { "kill:worker-2@step=12", "kill:worker-2@step=12" },
        { "kill:worker-2@time=0.5", "kill:worker-2@time=0.5" },
        { "stop:worker-1@step=30,seconds=8", "stop:worker-1@step=30,seconds=8" },
        { "stop:worker-1@step=30", "stop:worker-1@step=30" },
        { "exception:worker-0@step=1", "exception:worker-0@step=1" },
        { "non-finite-gradient:worker-0@step=1", "non-finite-gradient:worker-0@step=1" },
        { "dropped-connection:a/b.c@step=9", "dropped-connection:a/b.c@step=9" },
        { "partition:worker-3@step=4", "partition:worker-3@step=4,seconds=5" },
        { "partition:worker-3@time=4,seconds=0.25", "partition:worker-3@time=4,seconds=0.25" },
        { "slow-link:worker-3@step=4", "slow-link:worker-3@step=4,latency-ms=50,seconds=5" },
        { "slow-link:worker-3@mb-per-s=10,seconds=2,step=4,latency-ms=0", "slow-link:worker-3@step=4,latency-ms=0,mb-per-s=10,seconds=2" },
        { "corrupt-frame:worker-3@step=4", "corrupt-frame:worker-3@step=4" },
        { "disk-full:worker-0@step=7", "disk-full:worker-0@step=7" },
        { "disk-full:worker-0@step=7,seconds=3", "disk-full:worker-0@step=7,seconds=3" },
        { "coordinator-kill@time=20", "coordinator-kill@time=20" },
        { " kill:a@step=1 ;\n\n kill:b@step=2\n", "kill:a@step=1;kill:b@step=2" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void Parse_EveryForm_RoundTripsWithItsDefaults(string text, string whole)
    {
        var plan = FaultPlan.Parse(text);

        Assert.Equal(whole, plan.ToString());
        Assert.Equal(plan, FaultPlan.Parse(plan.ToString()));
        Assert.Equal(plan, FaultPlan.FromJson(JsonNode.Parse(plan.ToJson().ToJsonString())));
    }

    [Fact]
    public void Parse_AKindOfEachParameter_ReadsItsNumbers()
    {
        var fault = Assert.Single(FaultPlan.Parse("slow-link:worker-3@step=4,seconds=2.5,mb-per-s=10").Faults);

        Assert.Equal((FaultKind.SlowLink, "worker-3", 4L), (fault.Kind, fault.Worker, fault.Trigger.Step));
        Assert.Equal((TimeSpan.FromSeconds(2.5), 50.0, 10.0),
            (fault.Duration, fault.Number(FaultParameter.LatencyMs), fault.Number(FaultParameter.MbPerSecond)));
    }

    [Fact]
    public void FromJson_AList_EqualsTheTextForm() => Assert.Equal(
        FaultPlan.Parse("stop:worker-1@step=30,seconds=8;coordinator-kill@time=20"),
        FaultPlan.FromJson(JsonNode.Parse(
            """[{ "kind": "stop", "worker": "worker-1", "step": 30, "seconds": 8 }, { "kind": "coordinator-kill", "time": "20" }]""")));

    [Fact]
    public void Shapes_CoverEveryKind() =>
        Assert.Equal(Enum.GetValues<FaultKind>(), FaultDefinition.All.Select(shape => shape.Kind));
}
