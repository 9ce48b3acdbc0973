using Distributed.Models.DeepSeekV3;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// What two micro-batches in flight hide of the exchange: two workers of one thread each over a link on which the exchange of
/// tokens takes as long as the computing. The head's vocabulary is small, as a large network's is beside its layers.
/// </summary>
internal sealed class OverlapBenchmark : IBenchmark
{
    private const int Ranks = 2, MicroBatches = 8;

    public string Name => "overlap";

    public string Description => "How much of a slow exchange two micro-batches in flight hide.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var setup = new MeasuredSetup { Config = MeasuredSetup.LatentAttention with { VocabSize = 512 }, MicroBatches = MicroBatches };
        using var free = new RankTeam(options, Ranks, exchanging: true, setup);
        free.Time(1);
        var compute = Median.Of(Enumerable.Range(0, 3).Select(_ => Measure(free).Compute));
        var bytes = free.RowsSent * BytesPerRow(setup.Config, options);
        var link = new SimulatedLink { BytesPerSecond = bytes / compute };
        progress.WriteLine($"{bytes / 1e6:F1} MB in {compute:F2} s of computing: a link of {link.BytesPerSecond / 1e6:F1} MB/s in each direction");

        using var waiting = new RankTeam(options, Ranks, exchanging: true, setup, link);
        using var overlapping = new RankTeam(options, Ranks, exchanging: true, setup with { InFlight = 2 }, link);
        waiting.Time(1);
        overlapping.Time(1);
        var rounds = new List<(Times Free, Times Waiting, Times Overlapping)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            rounds.Add((Measure(free), Measure(waiting), Measure(overlapping)));
            var (f, w, o) = rounds[^1];
            progress.WriteLine($"round {round + 1} of {options.Rounds}: {f.Compute:F2} s of computing; with the link {w.Step:F2} s of which {w.Exchange:F2} s waiting, and overlapped {o.Step:F2} s of which {o.Exchange:F2} s");
        }

        return new Figures()
            .Add("hidden_share", Median.Of(rounds.Select(round => 1 - round.Overlapping.Exchange / compute)), "of the exchange's time, with two micro-batches in flight")
            .Add("step_over_larger", Median.Of(rounds.Select(round => round.Overlapping.Step / Math.Max(round.Free.Compute, compute))), "step over the larger of computing and exchange")
            .Add("compute_seconds", Median.Of(rounds.Select(round => round.Free.Compute)), "a step without what it waits for the exchange of tokens, no link")
            .Add("exchange_seconds", compute, "what the link takes for a step's tokens in one direction")
            .Add("exposed_seconds", Median.Of(rounds.Select(round => round.Overlapping.Exchange)), "waited for the exchange, with two in flight")
            .Add("step_seconds", Median.Of(rounds.Select(round => round.Overlapping.Step)), $"{MicroBatches} micro-batches of {MeasuredNetwork.Sequences * MeasuredNetwork.Length:N0} tokens, two in flight")
            .Add("one_in_flight", new Figures()
                .Add("hidden_share", Median.Of(rounds.Select(round => 1 - round.Waiting.Exchange / compute)), "behind shared experts and weights' gradients alone")
                .Add("step_seconds", Median.Of(rounds.Select(round => round.Waiting.Step)), ""))
            .Add("link_mb_s", link.BytesPerSecond / 1e6, "MB/s in each direction");
    }

    // Forward and backward: the token there and back twice, its slots' weights and their gradients, and the chosen experts.
    private static double BytesPerRow(DeepSeekV3Config config, BenchmarkOptions options)
    {
        var (s, w) = MemoryFormula.Sizes(options.Precision);
        return 4.0 * s * config.HiddenSize + 2.0 * w * config.NumExpertsPerTok + sizeof(int) * config.NumExpertsPerTok;
    }

    private static Times Measure(RankTeam team)
    {
        var step = team.Time(1);
        return new Times(step, team.ExchangeSeconds);
    }

    private readonly record struct Times(double Step, double Exchange)
    {
        public double Compute => Step - Exchange;
    }
}
