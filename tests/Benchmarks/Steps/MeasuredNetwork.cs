using System.Collections.Immutable;
using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Training;
using Distributed.Training.Batches;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Transports;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Benchmarks.Steps;

/// <summary>The network of the step benchmarks on one rank, on random tokens: real steps with clipping and AdamW, nothing left out.</summary>
internal sealed class MeasuredNetwork : IDisposable
{
    public const int Sequences = 8, Length = 256;
    private readonly TrainedNetwork _network;
    private readonly TrainingStep _step;
    private readonly TokenBatch[] _batch;
    private long _steps;

    /// <summary>The same with grouped-query attention, of 4 heads of 64 that share nothing, turned over their whole width.</summary>
    public static DeepSeekV3Config PlainShape => Shape with { GroupedQuery = new GroupedQueryShape { NumKeyValueHeads = 4, HeadDim = 64, PartialRotaryFactor = 1 } };

    /// <summary>Vocabulary 4,096, width 256, 4 layers of latent attention and 16 experts top 4 with inner width 256 and a shared expert.</summary>
    public static DeepSeekV3Config Shape => new()
    {
        VocabSize = 4096, HiddenSize = 256, IntermediateSize = 512, MoeIntermediateSize = 256, NumHiddenLayers = 4, NumAttentionHeads = 4,
        NSharedExperts = 1, NRoutedExperts = 16, NumExpertsPerTok = 4, NGroup = 1, TopkGroup = 1, RoutedScalingFactor = 1, FirstKDenseReplace = 0,
        QLoraRank = 96, KvLoraRank = 64, QkNopeHeadDim = 32, QkRopeHeadDim = 16, VHeadDim = 32, MaxPositionEmbeddings = Length, InitializerRange = 0.02,
    };

    /// <param name="options">Precision and kernels.</param>
    /// <param name="exchange">This rank's end of its group; one of a group of one holds every expert.</param>
    /// <param name="collectives">The group.</param>
    /// <param name="share">Which share of the global batch is computed here.</param>
    /// <param name="shares">Shares of the global batch.</param>
    /// <param name="watch">Put around the dispatcher.</param>
    /// <param name="recomputation">What is not kept for backward.</param>
    /// <param name="shape">The network; <see cref="Shape"/> where null.</param>
    public MeasuredNetwork(BenchmarkOptions options, IExchange exchange, ICollectives collectives, int share, int shares, Func<ITokenDispatcher, int, ITokenDispatcher>? watch = null,
        Recomputation recomputation = Recomputation.None, DeepSeekV3Config? shape = null)
    {
        var config = shape ?? Shape;
        ImmutableArray<int>[] experts = [.. Enumerable.Range(0, exchange.Size).Select(rank =>
        {
            var (start, count) = EvenShares.Of(config.NRoutedExperts, exchange.Size, rank);
            return Enumerable.Range((int)start, (int)count).ToImmutableArray();
        })];
        var model = new DeepSeekV3Model(config, NetworkFactory.Type(options.Precision), _ => experts[exchange.Rank], options.Kernels);
        model.Parameters.Initialise(1, config.InitializerRange);
        var locations = config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(config.NRoutedExperts, experts));
        ITokenDispatcher dispatcher = exchange.Size == 1 ? new LocalDispatcher() : new AllToAllDispatcher(exchange, TimeProvider.System, options.Kernels);
        _network = new TrainedNetwork(
            model, locations, watch?.Invoke(dispatcher, exchange.Rank) ?? dispatcher, new AdamW(new AdamWOptions(), options.Kernels),
            new Ownership(model.Parameters, exchange.Rank, exchange.Size, zero: true), recomputation);
        _network.Masters.Take();
        _step = new TrainingStep(_network, collectives, new StepOptions(), TimeProvider.System);

        using var generator = new Generator(1);
        using var all = randint(0, config.VocabSize, [Sequences, Length + 1], ScalarType.Int64, generator: generator);
        var (first, rows) = EvenShares.Of(Sequences, shares, share);
        using var own = all.narrow(0, first, rows);
        _batch = [new TokenBatch(own.narrow(1, 0, Length).contiguous(), own.narrow(1, 1, Length).contiguous())];
    }

    /// <summary>Parameters on this rank.</summary>
    public long Parameters => _network.Model.Parameters.All.Sum(parameter => parameter.Count);

    /// <summary>The forward of one step, with all that its backward needs held by the tape.</summary>
    public Tape Forward()
    {
        var tape = new Tape(_network.Gradients);
        _network.Forward.Run(tape, _batch[0], _steps, 0, lossFactors: [1.0 / (Sequences * Length)]);
        return tape;
    }

    /// <summary>One optimizer step.</summary>
    public void Step() => _step.Run(_steps++, 1e-4, _batch);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in _batch) batch.Dispose();
        _network.Dispose();
    }
}
