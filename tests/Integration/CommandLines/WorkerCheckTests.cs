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
        Assert.NotNull(found["libtorch_cuda"]);
        Assert.All(["memory_bytes", "memory_copy_gb_s", "loopback_gb_s"], key => Assert.True((double)found[key]! > 0, key));
        Assert.All(["fp32", "bf16"], type => Assert.True((double)found["matrix_peak_gflops"]![type]! > 0, type));
        var transports = ((JsonArray)found["transports"]!).ToDictionary(transport => (string)transport!["name"]!);
        Assert.Equal(["same-host", "grpc", "nccl"], transports.Keys);
        Assert.All(["same-host", "grpc"], name =>
        {
            Assert.Equal((true, (string?)null), ((bool)transports[name]!["works"]!, (string?)transports[name]!["problem"]));
            Assert.True((double)transports[name]!["gb_s"]! > 0);
        });
    }

    [Fact]
    public async Task Check_OfALibraryWithNcclsInterface_ExchangesOverIt()
    {
        var nccl = await CheckNccl("libtestnccl.so");

        Assert.Equal((true, (string?)null), ((bool)nccl["works"]!, (string?)nccl["problem"]));
        Assert.True((double)nccl["gb_s"]! > 0);
    }

    [Fact]
    public async Task Check_OfOneGpu_SumsWithOneRank()
    {
        var nccl = await CheckNccl("libtestnccl.so", "libtestcudart-one.so");

        Assert.Equal((true, 1, (string?)null), ((bool)nccl["works"]!, (int)nccl["ranks"]!, (string?)nccl["problem"]));
        Assert.True((double)nccl["gb_s"]! > 0);
    }

    [Fact]
    public async Task Check_OfNcclThatIsTooOld_NamesItsVersion()
    {
        var nccl = await CheckNccl("libtestnccl-old.so");

        Assert.False((bool)nccl["works"]!);
        Assert.Contains("2.17.5", (string)nccl["problem"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AsText_HasTheSameRows()
    {
        var call = await Invocation.Of("worker", "check");

        Assert.All(["libtorch", "matrix product, bf16", "exchange, same-host", "exchange, grpc", "exchange, nccl"],
            line => Assert.Contains(line, call.Output, StringComparison.Ordinal));
    }

    private static async Task<JsonObject> CheckNccl(string library, string cuda = "libtestcudart.so")
    {
        var call = await Invocation.Of(["worker", "check", "--json", .. TestNccl.Arguments("nccl", library, cuda).Skip(2)]);

        Assert.Equal((0, ""), (call.Status, call.Error));
        return ((JsonArray)call.Named("check").Single()["transports"]!).OfType<JsonObject>()
            .Single(transport => (string)transport["name"]! == "nccl");
    }
}
