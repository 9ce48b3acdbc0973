using System.Diagnostics;
using Distributed.Parallel.Collectives;
using Distributed.Models.Layers;
using Distributed.Tensors.Processor;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>Measures the memory that a step keeps, against the formula, and the saving and cost of recomputation.</summary>
internal sealed class MemoryBenchmark : IBenchmark
{
    private const long Tokens = MeasuredNetwork.Sequences * MeasuredNetwork.Length;

    public string Name => "memory";

    public string Description => "Bytes per parameter and per token against the formula; saving and cost of recomputation.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        ComputeThread.Prepare(1);
        using (var first = New(options, Recomputation.None)) first.Step(); // allocations that happen once per process

        var before = NativeMemoryInUse.Bytes();
        using var plain = New(options, Recomputation.None);
        plain.Step();
        var state = NativeMemoryInUse.Bytes() - before;
        using var recomputing = New(options, Recomputation.Layers);
        recomputing.Step();

        var (kept, keptRecomputing) = (Kept(plain), Kept(recomputing));
        var (peaks, ratios) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            peaks.Add(Peak(recomputing) / Peak(plain));
            ratios.Add(Seconds(recomputing) / Seconds(plain));
            progress.WriteLine(
                $"round {round + 1} of {options.Rounds}: peak {peaks[^1]:F3}, time {ratios[^1]:F3} of without recomputation");
        }

        var formula = MemoryFormula.PerToken(MeasuredSetup.LatentAttention, options.Precision, Recomputation.None);
        var formulaRecomputing = MemoryFormula.PerToken(MeasuredSetup.LatentAttention, options.Precision, Recomputation.Layers);
        return new Figures()
            .Add("bytes_per_parameter", state / (double)plain.Parameters,
                $"weights, gradients, moments; formula: {MemoryFormula.PerParameter(options.Precision):F0}")
            .Add("bytes_per_parameter_over_formula", state / (double)plain.Parameters / MemoryFormula.PerParameter(options.Precision), "")
            .Add("bytes_per_token", kept / Tokens, $"kept for backward; formula: {formula:N0}")
            .Add("bytes_per_token_over_formula", kept / Tokens / formula, "")
            .Add("recompute", new Figures()
                .Add("bytes_per_token", keptRecomputing / Tokens, $"kept for backward; formula: {formulaRecomputing:N0}")
                .Add("bytes_per_token_over_formula", keptRecomputing / Tokens / formulaRecomputing, "")
                .Add("peak_activation_ratio", Median.Of(peaks), "peak of a step over that without recomputation")
                .Add("time_ratio", Median.Of(ratios), "time of a step over that without recomputation"));
    }

    private static MeasuredNetwork New(BenchmarkOptions options, Recomputation recomputation)
    {
        var exchange = new InMemoryFabric(1).Endpoint(0);
        return new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), 0, 1,
            new MeasuredSetup { Recomputation = recomputation });
    }

    private static double Kept(MeasuredNetwork network)
    {
        var before = NativeMemoryInUse.Bytes();
        using var tape = network.Forward();
        return NativeMemoryInUse.Bytes() - before;
    }

    private static double Peak(MeasuredNetwork network)
    {
        var before = NativeMemoryInUse.Bytes();
        return NativeMemoryInUse.PeakDuring(network.Step) - before;
    }

    private static double Seconds(MeasuredNetwork network)
    {
        var start = Stopwatch.GetTimestamp();
        network.Step();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
