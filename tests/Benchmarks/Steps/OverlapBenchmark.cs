using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Measures how much of the exchange two micro-batches in flight hide: two workers of one thread each, over a link on which everything that
/// a step sends takes as long as the step takes without a link. The vocabulary is small, so that the head's share of the time is as small
/// as in a large network.
/// </summary>
internal sealed class OverlapBenchmark : IBenchmark
{
    private const int Ranks = 2, MicroBatches = 32, Tokens = MeasuredNetwork.Sequences * MeasuredNetwork.Length;

    public string Name => "overlap";

    public string Description => "How much of a slow exchange two micro-batches in flight hide.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var setup = new MeasuredSetup { Config = MeasuredSetup.LatentAttention with { VocabSize = 512 }, MicroBatches = MicroBatches };
        using var free = new RankTeam(options, Ranks, exchanging: true, setup);
        free.Time(1);
        var exchange = Median.Of(Enumerable.Range(0, 3).Select(_ => free.Time(1)));
        var link = new SimulatedLink { BytesPerSecond = free.BytesSent / exchange };
        progress.WriteLine(
            $"{free.BytesSent / 1e6:F1} MB in a step of {exchange:F2} s: "
            + $"a link of {link.BytesPerSecond / 1e6:F1} MB/s in each direction");

        using var overlapping = new RankTeam(options, Ranks, exchanging: true, setup with { InFlight = 2 }, link);
        overlapping.Time(1);
        var rounds = new List<(double Free, double Overlapping)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            rounds.Add((free.Time(1), overlapping.Time(1)));
            progress.WriteLine(
                $"round {round + 1} of {options.Rounds}: a step takes {rounds[^1].Free:F2} s without a link, "
                + $"{rounds[^1].Overlapping:F2} s with it and two micro-batches in flight");
        }

        using var waiting = new RankTeam(options, Ranks, exchanging: true, setup, link);
        var (before, alone) = (free.Time(1), waiting.Time(1));
        return new Figures()
            .Add("hidden_share", Median.Of(rounds.Select(round => 1 - (round.Overlapping - round.Free) / exchange)),
                "share of the exchange time that does not lengthen the step, with two micro-batches in flight")
            .Add("step_over_larger", Median.Of(rounds.Select(round => round.Overlapping / Math.Max(round.Free, exchange))),
                "step over the larger of computing and exchange")
            .Add("compute_seconds", Median.Of(rounds.Select(round => round.Free)), "a step without a link")
            .Add("exchange_seconds", exchange,
                "time of the link for everything that a worker sends in a step, gradients and weights included")
            .Add("step_seconds", Median.Of(rounds.Select(round => round.Overlapping)),
                $"{MicroBatches} micro-batches of {Tokens:N0} tokens, two in flight")
            .Add("one_in_flight", new Figures()
                .Add("hidden_share", 1 - (alone - before) / exchange, "hidden behind shared experts and weight gradients only")
                .Add("step_seconds", alone, ""))
            .Add("link_mb_s", link.BytesPerSecond / 1e6, "MB/s in each direction");
    }
}
