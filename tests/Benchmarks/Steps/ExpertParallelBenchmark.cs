using System.Globalization;
using Distributed.Benchmarks.Exchanges;
using Distributed.Parallel.Dispatch;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Measures the cost of expert parallelism: workers of one thread each that share the experts, against the same number of workers that hold
/// all experts and exchange nothing, not even gradients, on the same global batch.
/// </summary>
internal sealed class ExpertParallelBenchmark : IBenchmark
{
    /// <summary>Number of steps in a measurement.</summary>
    public const int StepsPerRound = 3;

    private const int Warmup = 2;

    public string Name => "ep";

    public string Description => "Expert-parallel workers against workers that hold all experts and exchange nothing.";

    public bool HasProcesses => true;

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var two = Of(2);
        return two.Add("ep4", Of(4));

        Figures Of(int ranks) => options.Processes ? MeasureProcesses(options, ranks, progress) : Measure(options, ranks, progress);
    }

    private static Figures MeasureProcesses(BenchmarkOptions options, int ranks, TextWriter progress)
    {
        string[] arguments = [options.Rounds.ToString(CultureInfo.InvariantCulture), options.Precision.ToString(),
            options.Kernels.ToString()];
        var rounds = RankProcesses.Run(ExpertParallelRank.Verb, ranks, arguments, row => progress.WriteLine(
            $"EP {ranks}, processes: {(double)row["local"]! * 1e3:F0} ms a step without exchange, "
            + $"{(double)row["same_host"]! * 1e3:F0} ms over shared memory, {(double)row["grpc"]! * 1e3:F0} ms over gRPC"));
        return Over("same_host", "shared memory").Add("local_tokens_per_second", Rate("local"), "without exchange").Add("grpc",
            Over("grpc", "gRPC"));

        Figures Over(string way, string name) => new Figures()
            .Add("relative_throughput", Median.Of(rounds.Select(row => (double)row["local"]! / (double)row[way]!)),
                $"EP {ranks} over {ranks} processes without exchange, median over rounds")
            .Add("tokens_per_second", Rate(way), $"EP {ranks}, over {name}");

        double Rate(string way) => MeasuredNetwork.Sequences * MeasuredNetwork.Length / Median.Of(rounds.Select(row => (double)row[way]!));
    }

    private static Figures Measure(BenchmarkOptions options, int ranks, TextWriter progress)
    {
        var counters = new List<RowCounter>();
        using var local = new RankTeam(options, ranks, exchanging: false, new MeasuredSetup());
        using var expert = new RankTeam(options, ranks, exchanging: true, new MeasuredSetup { Watch = Watched });
        local.Time(Warmup);
        expert.Time(Warmup);
        var (alone, together) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            alone.Add(local.Time(StepsPerRound) / StepsPerRound);
            together.Add(expert.Time(StepsPerRound) / StepsPerRound);
            progress.WriteLine(
                $"EP {ranks}, round {round + 1} of {options.Rounds}: {alone[^1] * 1e3:F0} ms a step without exchange, "
                + $"{together[^1] * 1e3:F0} ms with exchange");
        }

        return new Figures()
            .Add("relative_throughput", Median.Of(alone.Zip(together, (a, t) => a / t)),
                $"EP {ranks} over {ranks} workers without exchange, median over rounds")
            .Add("rows_over_minimum", (double)counters.Sum(counter => counter.RowsSent) / counters.Sum(counter => counter.Minimum),
                "rows sent, over one per token and other rank with any of its experts")
            .Add("tokens_per_second", MeasuredNetwork.Sequences * MeasuredNetwork.Length / Median.Of(together), $"EP {ranks}")
            .Add("local_tokens_per_second", MeasuredNetwork.Sequences * MeasuredNetwork.Length / Median.Of(alone), "without exchange");

        ITokenDispatcher Watched(ITokenDispatcher dispatcher, int rank)
        {
            lock (counters)
            {
                var counter = new RowCounter(dispatcher, rank);
                counters.Add(counter);
                return counter;
            }
        }
    }
}
