using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// What two micro-batches in flight hide of the exchange: two workers of one thread each over a link on which the exchange of
/// tokens takes as long as the computing. The head's vocabulary is small, as a large network's is beside its layers.
/// </summary>
internal sealed class OverlapBenchmark : IBenchmark
{
    private const int Ranks = 2, MicroBatches = 8;
    private const double FirstGuess = 50e6; // bytes per second

    public string Name => "overlap";

    public string Description => "How much of a slow exchange two micro-batches in flight hide.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var setup = new MeasuredSetup { Config = MeasuredSetup.LatentAttention with { VocabSize = 512 }, MicroBatches = MicroBatches };
        using var free = new RankTeam(options, Ranks, exchanging: true, setup);
        free.Time(1);
        var bandwidth = Calibrate(options, setup, Measure(free));
        progress.WriteLine($"link: {bandwidth / 1e6:F1} MB/s in each direction");

        var link = new SimulatedLink { BytesPerSecond = bandwidth };
        using var waiting = new RankTeam(options, Ranks, exchanging: true, setup, link);
        using var overlapping = new RankTeam(options, Ranks, exchanging: true, setup with { InFlight = 2 }, link);
        waiting.Time(1);
        overlapping.Time(1);
        var rounds = new List<(Times Free, Times Waiting, Times Overlapping)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            rounds.Add((Measure(free), Measure(waiting), Measure(overlapping)));
            var (f, w, o) = rounds[^1];
            progress.WriteLine($"round {round + 1} of {options.Rounds}: {f.Compute:F2} s of computing, {w.Exchange:F2} s of exchange, one after the other {w.Step:F2} s, overlapped {o.Step:F2} s of which {o.Exchange:F2} s waiting");
        }

        return new Figures()
            .Add("hidden_share", Median.Of(rounds.Select(round => 1 - round.Overlapping.Exchange / round.Waiting.Exchange)), "of the exchange's time, with two micro-batches in flight")
            .Add("step_over_larger", Median.Of(rounds.Select(round => round.Overlapping.Step / Math.Max(round.Free.Compute, round.Waiting.Exchange))), "step over the larger of computing and exchange")
            .Add("step_over_sequential", Median.Of(rounds.Select(round => round.Overlapping.Step / round.Waiting.Step)), "step over that with one micro-batch at a time")
            .Add("compute_seconds", Median.Of(rounds.Select(round => round.Free.Compute)), "a step without what it waits for the exchange of tokens, no link")
            .Add("exchange_seconds", Median.Of(rounds.Select(round => round.Waiting.Exchange)), "one micro-batch at a time")
            .Add("exposed_seconds", Median.Of(rounds.Select(round => round.Overlapping.Exchange)), "two in flight")
            .Add("step_seconds", Median.Of(rounds.Select(round => round.Overlapping.Step)), $"{MicroBatches} micro-batches of {MeasuredNetwork.Sequences * MeasuredNetwork.Length:N0} tokens")
            .Add("link_mb_s", bandwidth / 1e6, "MB/s in each direction");
    }

    // Exchange takes as long as computing: what the link costs falls with its bandwidth, beside what there is without one.
    private static double Calibrate(BenchmarkOptions options, MeasuredSetup setup, Times free)
    {
        using var guessed = new RankTeam(options, Ranks, exchanging: true, setup, new SimulatedLink { BytesPerSecond = FirstGuess });
        guessed.Time(1);
        return FirstGuess * (Measure(guessed).Exchange - free.Exchange) / (free.Compute - free.Exchange);
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
