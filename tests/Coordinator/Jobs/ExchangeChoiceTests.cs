using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>By which way a group exchanges, from what was asked for and what its workers say they can.</summary>
public sealed class ExchangeChoiceTests
{
    [Theory]
    [InlineData(ExchangeWay.Auto, Exchange.WayOneofCase.Nccl)]
    [InlineData(ExchangeWay.Nccl, Exchange.WayOneofCase.Nccl)]
    [InlineData(ExchangeWay.SameHost, Exchange.WayOneofCase.SameHost)]
    [InlineData(ExchangeWay.Grpc, Exchange.WayOneofCase.Grpc)]
    public async Task Plan_AllCanEverything_TakesWhatIsAskedForAndNcclOfItself(ExchangeWay wanted, Exchange.WayOneofCase expected)
    {
        var plans = await Planned(wanted, ["a", "b"], ["a", "b"]);

        Assert.All(plans, plan => Assert.Equal(expected, plan.Exchange.WayCase));
    }

    [Theory]
    [InlineData("a,b,c", "a,b,c", "a,b,c", "0,1,2")] // one machine, all of whose GPUs each sees
    [InlineData("a", "b", "c", "0,0,0")]             // to each its own
    [InlineData("a,b,c", "a", "b,a", "2,0,0")]       // who has another gives way
    public async Task Plan_OverNccl_GivesEachAGpuOfItsOwn(string first, string second, string third, string devices)
    {
        var plans = await Planned(ExchangeWay.Nccl, first.Split(','), second.Split(','), third.Split(','));

        var nccl = plans[0].Exchange.Nccl;
        Assert.Equal(devices, string.Join(',', nccl.Devices));
        Assert.Equal(["http://worker-0", "http://worker-1", "http://worker-2"], nccl.Addresses);
        Assert.All(plans, plan => Assert.Equal(nccl, plan.Exchange.Nccl));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Plan_AutoWithFewerGpusThanWorkers_TakesMemoryThatTheyShare(int gpus)
    {
        string[] seen = [.. Enumerable.Range(0, gpus).Select(gpu => $"gpu-{gpu}")];

        var plans = await Planned(ExchangeWay.Auto, seen, seen);

        Assert.All(plans, plan => Assert.Equal("/run/x", plan.Exchange.SameHost.Rendezvous));
    }

    [Fact]
    public async Task Plan_AutoWhereOneHasNoLibrary_TakesMemoryThatTheyShare()
    {
        var scene = Scene.Gathering(workers: 2);
        scene.Workers[0].Hello(hello => Offer(hello, ["a"]));
        scene.Workers[1].Hello(hello => Offer(hello, ["b"], problem: "NCCL was not found"));

        Assert.Equal(Exchange.WayOneofCase.SameHost, (await scene.Workers[0].Assigned()).Exchange.WayCase);
    }

    [Theory]
    [InlineData("NCCL in x.so is version 2.17.5. Install version 2.18.0 or later.", "b", "worker-1 cannot exchange over NCCL: NCCL in x.so is version 2.17.5. Install version 2.18.0 or later.")]
    [InlineData("", "", "worker-1 has no GPU for NCCL")]
    [InlineData("", "a", "worker-1 has no GPU of its own for NCCL: of those that it may use (a), other workers need all")]
    public async Task Plan_NcclAskedForAndOneCannot_FailsNamingItAndWhy(string problem, string devices, string expected)
    {
        var scene = Scene.Gathering(workers: 2, exchange: ExchangeWay.Nccl);
        scene.Workers[0].Hello(hello => Offer(hello, ["a"]));
        scene.Workers[1].Hello(hello => Offer(hello, devices.Split(',', StringSplitOptions.RemoveEmptyEntries), problem));

        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, $"the workers have no way to exchange: {expected}"), (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task Plan_OverGrpcWithCertificatesOfOneOnly_FailsNamingBoth()
    {
        var scene = Scene.Gathering(workers: 2, exchange: ExchangeWay.Auto);
        scene.Workers[0].Hello(hello => hello.ExchangeAddress = "https://127.0.0.1:7000/");
        scene.Workers[1].Hello(hello => hello.ExchangeAddress = "http://127.0.0.1:7001/");

        var outcome = await scene.Outcome();

        Assert.Equal(
            (JobState.Failed, "the workers have no way to exchange: worker-1 serves it at http://127.0.0.1:7001/ and worker-0 at https://127.0.0.1:7000/, one with certificates and the other without: let both join in the same way"),
            (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task Plan_NcclAskedForOfAnOlderWorker_FailsNamingIt()
    {
        var scene = Scene.Gathering(workers: 1, exchange: ExchangeWay.Nccl);
        scene.Workers[0].Hello();

        Assert.StartsWith("the workers have no way to exchange: worker-0 knows nothing of NCCL", (await scene.Outcome()).Reason, StringComparison.Ordinal);
    }

    private static async Task<AssignPlan[]> Planned(ExchangeWay wanted, params string[][] devices)
    {
        var scene = Scene.Gathering(devices.Length, exchange: wanted);
        foreach (var (worker, index) in scene.Workers.Select((worker, index) => (worker, index))) worker.Hello(hello => Offer(hello, devices[index]));
        return await Task.WhenAll(scene.Workers.Select(worker => worker.Assigned()));
    }

    private static void Offer(Hello hello, string[] devices, string problem = "")
    {
        (hello.Host, hello.Rendezvous, hello.ExchangeAddress) = ("host", "/run/x", $"http://{hello.Worker.Name}");
        hello.Nccl = new NcclOffer { Version = problem.Length == 0 ? "2.27.3" : "", Problem = problem, Devices = { devices } };
    }
}
