using System.Collections.Immutable;
using System.Diagnostics;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Tensors.Kernels;
using Distributed.Tensors.Processor;
using Distributed.Training;
using Distributed.Training.Frozen;
using Distributed.Training.Objectives;
using Distributed.Transports.InMemory;
using static TorchSharp.torch;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// Measures steps of post-training against a step of pre-training on the same 2,048 tokens: rows of four sequences of 64 tokens, of which
/// the second half is the completion. The pass of a reference or teacher is measured on its own.
/// </summary>
internal sealed class ObjectiveBenchmark : IBenchmark
{
    private const int Threads = 2, Warmup = 3, StepsPerRound = 3, Length = 64;

    public string Name => "objectives";

    public string Description => "Steps of post-training against a step of pre-training on the same tokens.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        ComputeThread.Prepare(Threads);
        var shape = MeasuredSetup.LatentAttention;
        FrozenNetwork Frozen() => Create(shape, options);
        using var pretraining = Network(options, new MeasuredSetup());
        (string Name, MeasuredNetwork Network)[] objectives =
        [
            ("sft", Network(options, Packed(null))),
            ("dpo", Network(options, Packed(model => new PreferenceOptimisation(model, Frozen(),
                new PreferenceOptions(PreferenceLossKind.Sigmoid, 0.1))))),
            ("reward_model", Network(options, Packed(model => new RewardModelling(model, 0, 0)) with
            {
                Config = shape with { Heads = DecoderHeads.Score },
            })),
            ("distillation", Network(options, Packed(model => new TeacherDistillation(model, Frozen(),
                new DivergenceOptions(DivergenceKind.ForwardKl))))),
        ];
        var seconds = objectives.ToDictionary(each => each.Name, _ => (Steps: new List<double>(), Passes: new List<double>()));
        var (reference, shares) = (new List<double>(), objectives.ToDictionary(each => each.Name, _ => new List<double>()));
        for (var round = 0; round < options.Rounds; round++)
        {
            var plain = Time(pretraining.Step);
            reference.Add(plain);
            foreach (var (name, network) in objectives)
            {
                var step = Time(network.Step);
                var pass = Time(() => network.Objective.Begin(1, network.Batches));
                shares[name].Add((step - pass) / plain);
                seconds[name].Steps.Add(step);
                seconds[name].Passes.Add(pass);
            }

            progress.WriteLine($"round {round + 1} of {options.Rounds}: "
                + string.Join(", ", shares.Select(each => FormattableString.Invariant($"{each.Key} {each.Value[^1]:0.00}"))));
        }

        var figures = new Figures().Add("pretraining_seconds", Median.Of(reference), "a step, median");
        foreach (var (name, network) in objectives)
        {
            figures.Add($"{name}.share", Median.Of(shares[name]), "of a step of pre-training, without the pass of a frozen network")
                .Add($"{name}.seconds", Median.Of(seconds[name].Steps), "a step, median")
                .Add($"{name}.frozen_seconds", Median.Of(seconds[name].Passes), "of it in the pass of a frozen network");
            network.Dispose();
        }

        return figures;
    }

    private static double Time(Action action)
    {
        var times = new List<double>();
        for (var i = 0; i < StepsPerRound; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Median.Of(times);
    }

    private static MeasuredSetup Packed(Func<Decoder, IObjective>? objective) => new() { Objective = objective, Batch = Batch };

    private static MeasuredNetwork Network(BenchmarkOptions options, MeasuredSetup setup)
    {
        var exchange = new InMemoryFabric(1).Endpoint(0);
        var network = new MeasuredNetwork(options, exchange, new ExchangeCollectives(exchange), 0, 1, setup);
        for (var i = 0; i < Warmup; i++) network.Step();
        return network;
    }

    private static FrozenNetwork Create(DecoderConfig config, BenchmarkOptions options)
    {
        var model = new Decoder(config, NetworkFactory.Type(options.Precision), null, options.Kernels);
        model.Parameters.Initialise(2, config.InitializerRange);
        ImmutableArray<int> all = [.. Enumerable.Range(0, config.NRoutedExperts)];
        return new FrozenNetwork(model,
            config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(config.NRoutedExperts, [all])), new LocalDispatcher());
    }

    private static TokenBatch Batch()
    {
        const int B = MeasuredNetwork.Sequences, S = MeasuredNetwork.Length;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var tokens = randint(0, MeasuredSetup.LatentAttention.VocabSize, [B, S], ScalarType.Int64, generator: generator);
        var positions = arange(S).remainder(Length).expand(B, -1).contiguous();
        var targets = tokens.roll(-1, 1);
        targets.masked_fill_(positions.lt(Length / 2 - 1).logical_or(positions.eq(Length - 1)), TokenBatch.NoTarget);
        var documents = arange(S).div(Length, RoundingMode.floor).to(ScalarType.Int64).expand(B, -1).contiguous();
        var sequences = from row in Enumerable.Range(0, B) from part in Enumerable.Range(0, S / Length)
                        select new PackedSequence(row, part * Length, Length);
        return new TokenBatch(tokens, targets, positions, documents, new PackedSequences([.. sequences], S));
    }
}
