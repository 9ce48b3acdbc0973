using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Jobs.Epochs;

/// <summary>Tests the choice of the transport from the request and the capabilities of the workers.</summary>
public sealed class ExchangeChoiceTests
{
    [Theory]
    [InlineData(TransportKind.Auto, Exchange.WayOneofCase.Nccl)]
    [InlineData(TransportKind.Nccl, Exchange.WayOneofCase.Nccl)]
    [InlineData(TransportKind.SameHost, Exchange.WayOneofCase.SameHost)]
    [InlineData(TransportKind.Grpc, Exchange.WayOneofCase.Grpc)]
    public async Task Plan_AllSupportEverything_TakesTheRequestedTransportOrNccl(TransportKind wanted, Exchange.WayOneofCase expected)
    {
        var plans = await Planned(wanted, ["a", "b"], ["a", "b"]);

        Assert.All(plans, plan => Assert.Equal(expected, plan.Exchange.WayCase));
    }

    [Theory]
    [InlineData("a,b,c", "a,b,c", "a,b,c", "0,1,2")] // one host; every worker can use all GPUs
    [InlineData("a", "b", "c", "0,0,0")]             // each worker can use only its own GPU
    [InlineData("a,b,c", "a", "b,a", "2,0,0")]       // a worker with an alternative gives up its GPU
    public async Task Plan_OverNccl_GivesEachWorkerItsOwnGpu(string first, string second, string third, string devices)
    {
        var plans = await Planned(TransportKind.Nccl, first.Split(','), second.Split(','), third.Split(','));

        var nccl = plans[0].Exchange.Nccl;
        Assert.Equal(devices, string.Join(',', nccl.Devices));
        Assert.Equal(["http://worker-0", "http://worker-1", "http://worker-2"], nccl.Addresses);
        Assert.All(plans, plan => Assert.Equal(nccl, plan.Exchange.Nccl));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Plan_AutoWithFewerGpusThanWorkers_TakesSharedMemory(int gpus)
    {
        string[] seen = [.. Enumerable.Range(0, gpus).Select(gpu => $"gpu-{gpu}")];

        var plans = await Planned(TransportKind.Auto, seen, seen);

        Assert.All(plans, plan => Assert.Equal("/run/x", plan.Exchange.SameHost.Rendezvous));
    }

    [Fact]
    public async Task Plan_AutoAndOneWorkerHasNoLibrary_TakesSharedMemory()
    {
        var scene = Scene.Gathering(workers: 2);
        scene.Workers[0].Hello(hello => Offer(hello, ["a"]));
        scene.Workers[1].Hello(hello => Offer(hello, ["b"], problem: "NCCL was not found"));

        Assert.Equal(Exchange.WayOneofCase.SameHost, (await scene.Workers[0].Assigned()).Exchange.WayCase);
    }

    [Theory]
    [InlineData(
        "NCCL in x.so is version 2.17.5. Install version 2.18.0 or later.", "b",
        "worker-1 cannot exchange over NCCL: NCCL in x.so is version 2.17.5. Install version 2.18.0 or later.")]
    [InlineData("", "", "worker-1 has no GPU for NCCL")]
    [InlineData("", "a", "worker-1 has no GPU of its own for NCCL: other workers need all GPUs that it can use (a)")]
    public async Task Plan_NcclIsRequestedAndOneWorkerCannot_FailsWithItsNameAndTheReason(string problem, string devices, string expected)
    {
        var scene = Scene.Gathering(workers: 2, exchange: TransportKind.Nccl);
        scene.Workers[0].Hello(hello => Offer(hello, ["a"]));
        scene.Workers[1].Hello(hello => Offer(hello, devices.Split(',', StringSplitOptions.RemoveEmptyEntries), problem));

        var outcome = await scene.Outcome();

        Assert.Equal((JobState.Failed, $"the workers have no common transport: {expected}"), (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task Plan_OverGrpcAndOnlyOneUsesCertificates_FailsNamingBoth()
    {
        var scene = Scene.Gathering(workers: 2, exchange: TransportKind.Auto);
        scene.Workers[0].Hello(hello => hello.ExchangeAddress = "https://127.0.0.1:7000/");
        scene.Workers[1].Hello(hello => hello.ExchangeAddress = "http://127.0.0.1:7001/");

        var outcome = await scene.Outcome();

        Assert.Equal(
            (JobState.Failed, "the workers have no common transport: worker-1 serves the exchange at http://127.0.0.1:7001/ "
                + "and worker-0 at https://127.0.0.1:7000/: one uses certificates and the other does not; join both in the same way"),
            (outcome.State, outcome.Reason));
    }

    [Fact]
    public async Task Plan_NcclIsRequestedFromAnOlderWorker_FailsNamingIt()
    {
        var scene = Scene.Gathering(workers: 1, exchange: TransportKind.Nccl);
        scene.Workers[0].Hello();

        Assert.StartsWith("the workers have no common transport: worker-0 does not support NCCL", (await scene.Outcome()).Reason,
            StringComparison.Ordinal);
    }

    private static async Task<AssignPlan[]> Planned(TransportKind wanted, params string[][] devices)
    {
        var scene = Scene.Gathering(devices.Length, exchange: wanted);
        foreach (var (worker, index) in scene.Workers.Select((worker, index) => (worker, index)))
            worker.Hello(hello => Offer(hello, devices[index]));
        return await Task.WhenAll(scene.Workers.Select(worker => worker.Assigned()));
    }

    private static void Offer(Hello hello, string[] devices, string problem = "")
    {
        (hello.Host, hello.Rendezvous, hello.ExchangeAddress) = ("host", "/run/x", $"http://{hello.Worker.Name}");
        hello.Nccl = new NcclOffer { Version = problem.Length == 0 ? "2.27.3" : "", Problem = problem, Devices = { devices } };
    }
}
