using System.Diagnostics;
using System.Text.Json.Nodes;
using Distributed.Benchmarks.Exchanges;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Processor;
using Distributed.Transports;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// One process of <c>ep --isolation process</c>. It measures a network with all experts, and its part of an expert-parallel network over
/// shared memory and over gRPC, in alternation.
/// </summary>
internal static class ExpertParallelRank
{
    /// <summary>Name of the hidden command.</summary>
    public const string Verb = "ep-rank";

    private const int WarmUps = 3; // until the JIT compiler has finished

    /// <summary>Measures in rounds. Rank 0 writes the seconds of a step without an exchange and with each transport.</summary>
    public static int Run(string folder, int rank, int ranks, BenchmarkOptions options)
    {
        ComputeThread.Prepare(1);
        using var rendezvous = new RankRendezvous(folder, rank, ranks);
        using var memory = RankRendezvous.Connect("experts", folder, rank, ranks);
        using var wire = new RankServer(folder, "grpc", rank, ranks).Grpc();
        using var local = Network(new InMemoryFabric(1).Endpoint(0));
        using var expert = Network(memory);
        using var overGrpc = Network(wire);
        for (var round = -WarmUps; round < options.Rounds; round++)
        {
            var (alone, together, through) = (Time(local), Time(expert), Time(overGrpc));
            if (rank == 0 && round >= 0)
                Console.Out.WriteLine(new JsonObject { ["local"] = alone, ["same_host"] = together, ["grpc"] = through }.ToJsonString());
        }

        return 0;

        MeasuredNetwork Network(IExchange end) => new(options, end, new ExchangeCollectives(end), rank, ranks, new MeasuredSetup());

        double Time(MeasuredNetwork network)
        {
            rendezvous.Synchronize();
            var start = Stopwatch.GetTimestamp();
            for (var step = 0; step < ExpertParallelBenchmark.StepsPerRound; step++) network.Step();
            rendezvous.Synchronize();
            return Stopwatch.GetElapsedTime(start).TotalSeconds / ExpertParallelBenchmark.StepsPerRound;
        }
    }
}
