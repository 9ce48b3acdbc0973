using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// What two micro-batches in flight hide of the exchange: two workers of one thread each over a link on which all that a step
/// sends takes as long as the step without a link. The head's vocabulary is small, as a large network's is beside its layers.
/// </summary>
internal sealed class OverlapBenchmark : IBenchmark
{
    private const int Ranks = 2, MicroBatches = 32;

    public string Name => "overlap";

    public string Description => "How much of a slow exchange two micro-batches in flight hide.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var setup = new MeasuredSetup { Config = MeasuredSetup.LatentAttention with { VocabSize = 512 }, MicroBatches = MicroBatches };
        using var free = new RankTeam(options, Ranks, exchanging: true, setup);
        free.Time(1);
        var exchange = Median.Of(Enumerable.Range(0, 3).Select(_ => free.Time(1)));
        var link = new SimulatedLink { BytesPerSecond = free.BytesSent / exchange };
        progress.WriteLine($"{free.BytesSent / 1e6:F1} MB in a step of {exchange:F2} s: a link of {link.BytesPerSecond / 1e6:F1} MB/s in each direction");

        using var overlapping = new RankTeam(options, Ranks, exchanging: true, setup with { InFlight = 2 }, link);
        overlapping.Time(1);
        var rounds = new List<(double Free, double Overlapping)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            rounds.Add((free.Time(1), overlapping.Time(1)));
            progress.WriteLine($"round {round + 1} of {options.Rounds}: a step takes {rounds[^1].Free:F2} s without a link, {rounds[^1].Overlapping:F2} s with it and two micro-batches in flight");
        }

        using var waiting = new RankTeam(options, Ranks, exchanging: true, setup, link);
        var (before, alone) = (free.Time(1), waiting.Time(1));
        return new Figures()
            .Add("hidden_share", Median.Of(rounds.Select(round => 1 - (round.Overlapping - round.Free) / exchange)), "of the exchange's time: what does not make the step longer, with two micro-batches in flight")
            .Add("step_over_larger", Median.Of(rounds.Select(round => round.Overlapping / Math.Max(round.Free, exchange))), "step over the larger of computing and exchange")
            .Add("compute_seconds", Median.Of(rounds.Select(round => round.Free)), "a step without a link")
            .Add("exchange_seconds", exchange, "what the link takes for all that a worker sends in a step, gradients and weights too")
            .Add("step_seconds", Median.Of(rounds.Select(round => round.Overlapping)), $"{MicroBatches} micro-batches of {MeasuredNetwork.Sequences * MeasuredNetwork.Length:N0} tokens, two in flight")
            .Add("one_in_flight", new Figures()
                .Add("hidden_share", 1 - (alone - before) / exchange, "behind shared experts and weights' gradients alone")
                .Add("step_seconds", alone, ""))
            .Add("link_mb_s", link.BytesPerSecond / 1e6, "MB/s in each direction");
    }
}
