using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Segments;
using Distributed.Training;
using Distributed.Training.Batches;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Benchmarks.Steps;

/// <summary>The network of the step benchmarks on one rank, on random tokens. Its steps are complete, with clipping and AdamW.</summary>
internal sealed class MeasuredNetwork : IDisposable
{
    /// <summary>Sequences of a micro-batch over all ranks, and tokens of a sequence.</summary>
    public const int Sequences = 8, Length = 256;

    private readonly TrainedNetwork _network;
    private readonly TrainingStep _step;
    private readonly TokenBatch[] _batches;
    private long _steps;

    /// <summary>Creates the network and its batches.</summary>
    /// <param name="options">Precision and kernels.</param>
    /// <param name="exchange">This rank's end of the exchange. In a group of one rank, the rank holds every expert.</param>
    /// <param name="collectives">Collectives of the group.</param>
    /// <param name="share">Index of this rank's share of the global batch.</param>
    /// <param name="shares">Number of shares of the global batch.</param>
    /// <param name="setup">Network and step.</param>
    public MeasuredNetwork(BenchmarkOptions options, IExchange exchange, ICollectives collectives, int share, int shares,
        MeasuredSetup setup)
    {
        var config = setup.Config;
        ImmutableArray<int>[] experts = [.. Enumerable.Range(0, exchange.Size).Select(rank =>
        {
            var (start, count) = EvenShares.Of(config.NRoutedExperts, exchange.Size, rank);
            return Enumerable.Range((int)start, (int)count).ToImmutableArray();
        })];
        var model = new Decoder(config, NetworkFactory.Type(options.Precision), _ => experts[exchange.Rank], options.Kernels,
            setup.Recomputation);
        model.Parameters.Initialise(1, config.InitializerRange);
        var locations = config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(config.NRoutedExperts, experts));
        ITokenDispatcher dispatcher = exchange.Size == 1
            ? new LocalDispatcher() : new AllToAllDispatcher(exchange, TimeProvider.System, options.Kernels);
        _network = new TrainedNetwork(
            model, locations, setup.Watch?.Invoke(dispatcher, exchange.Rank) ?? dispatcher, new AdamW(new AdamWOptions(), options.Kernels),
            new Ownership(model.Parameters, new GroupRank(exchange.Rank, exchange.Size), new GroupRank(0, 1), zero: true));
        _network.Masters.CopyFromNetwork();
        Objective = setup.Objective?.Invoke(model) ?? new NextToken();
        _step = new TrainingStep(_network, Objective, collectives, new StepOptions { MicroBatchesInFlight = setup.InFlight },
            TimeProvider.System);
        if (setup.Batch is not null)
        {
            _batches = [setup.Batch()];
            return;
        }

        using var generator = new Generator(1);
        using var all = randint(0, config.VocabSize, [setup.MicroBatches * Sequences, Length + 1], ScalarType.Int64, generator: generator);
        var (first, rows) = EvenShares.Of(Sequences, shares, share);
        _batches = [.. Enumerable.Range(0, setup.MicroBatches).Select(micro =>
        {
            using var own = all.narrow(0, micro * Sequences + first, rows);
            return new TokenBatch(own.narrow(1, 0, Length).contiguous(), own.narrow(1, 1, Length).contiguous());
        })];
    }

    /// <summary>The objective of the steps.</summary>
    public IObjective Objective { get; }

    /// <summary>The batches of a step.</summary>
    public IReadOnlyList<TokenBatch> Batches => _batches;

    /// <summary>Time spent in token exchanges so far, waiting included.</summary>
    public TimeSpan ExchangeTime => _network.Dispatcher.ExchangeTime;

    /// <summary>The network.</summary>
    public TrainedNetwork Network => _network;

    /// <summary>Number of parameters on this rank.</summary>
    public long Parameters => _network.Model.Parameters.All.Sum(parameter => parameter.Count);

    /// <summary>Runs the forward of one step. The returned tape holds everything that its backward needs.</summary>
    public Tape Forward()
    {
        var tape = new Tape(_network.Gradients);
        _network.Forward.Run(tape, _batches[0], _steps, 0, lossFactors: [1.0 / (Sequences * Length)]);
        return tape;
    }

    /// <summary>Runs one optimizer step.</summary>
    public void Step() => _step.Run(_steps++, 1e-4, _batches);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var batch in _batches) batch.Dispose();
        Objective.Dispose();
        _network.Dispose();
    }
}
