using System.Text.Json.Nodes;
using Distributed.Transports.SameHost;

namespace Distributed.Integration.Tests.CommandLines;

public sealed class WorkerCheckTests
{
    [Fact]
    public async Task Check_OfThisMachine_MeasuresAndTriesEachTransport()
    {
        Assert.SkipUnless(SameHostGroups.IsAvailable, "needs Linux");

        var call = await Invocation.Of("worker", "check", "--json");

        Assert.Equal((0, ""), (call.Status, call.Error));
        var found = Assert.Single(call.Named("check"));
        Assert.Equal(Environment.ProcessorCount, (int)found["cores"]!);
        Assert.All(["memory_bytes", "memory_copy_gb_s", "loopback_gb_s"], key => Assert.True((double)found[key]! > 0, key));
        Assert.All(["fp32", "bf16"], type => Assert.True((double)found["matrix_peak_gflops"]![type]! > 0, type));
        var transport = (JsonObject)Assert.Single((JsonArray)found["transports"]!)!;
        Assert.Equal(("same-host", true, (string?)null), ((string)transport["name"]!, (bool)transport["works"]!, (string?)transport["problem"]));
        Assert.True((double)transport["gb_s"]! > 0);
    }

    [Fact]
    public async Task Check_ForPeople_SaysTheSame()
    {
        var call = await Invocation.Of("worker", "check");

        Assert.All(["libtorch", "matrix product, bf16", "exchange, same-host"], line => Assert.Contains(line, call.Output, StringComparison.Ordinal));
    }
}
