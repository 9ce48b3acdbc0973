using System.Diagnostics;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Processor;
using Distributed.Training;
using Distributed.Transports.InMemory;

namespace Distributed.Benchmarks.Steps;

/// <summary>Measures a training step as a share of the machine's matrix-product peak: one rank, two threads, 2,048 tokens.</summary>
internal sealed class StepBenchmark : IBenchmark
{
    private const int Threads = 2, Warmup = 3, StepsPerRound = 4;

    public string Name => "step";

    public string Description => "A training step on one rank against the machine's matrix-product peak.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        ComputeThread.Prepare(Threads);
        using var peak = new MatrixPeak(NetworkFactory.Type(options.Precision));
        return Measure("plain attention", MeasuredSetup.PlainAttention, options, peak, progress)
            .Add("mla", Measure("latent attention", MeasuredSetup.LatentAttention, options, peak, progress));
    }

    private static Figures Measure(string name, DecoderConfig shape, BenchmarkOptions options, MatrixPeak peak, TextWriter progress)
    {
        var exchange = new InMemoryFabric(1).Endpoint(0);
        using var network = new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), 0, 1,
            new MeasuredSetup { Config = shape });
        for (var i = 0; i < Warmup; i++) network.Step();

        var (seconds, peaks) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            peaks.Add(peak.Round());
            for (var i = 0; i < StepsPerRound; i++)
            {
                var start = Stopwatch.GetTimestamp();
                network.Step();
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            progress.WriteLine(
                $"{name}, round {round + 1} of {options.Rounds}: {seconds[^1] * 1e3:F0} ms a step, "
                + $"matrix products {peaks[^1]:F0} GFLOP/s");
        }

        var operations = StepArithmetic.Of(shape, MeasuredNetwork.Sequences, MeasuredNetwork.Length);
        var (step, best) = (Median.Of(seconds), peaks.Max());
        return new Figures()
            .Add("share_of_peak", operations / step / 1e9 / best, "of the best matrix product")
            .Add("tokens_per_second", MeasuredNetwork.Sequences * MeasuredNetwork.Length / step, "")
            .Add("gflops", operations / step / 1e9, "GFLOP/s of the step")
            .Add("peak_gflops", best, "GFLOP/s of the best matrix product in this run")
            .Add("gflop_per_step", operations / 1e9, "GFLOP that the mathematics requires")
            .Add("active_parameters", StepArithmetic.ActiveWeights(shape), "matrix weights that a token passes, without the embedding")
            .Add("step_seconds", step, "median");
    }
}
