using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Planning;
using Distributed.Tensors.Kernels;
using Distributed.Training.Batches;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Transports;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Parity;

/// <summary>Runs a few steps of a tiny network in a given layout. All layouts use the same global batches.</summary>
internal sealed record ParityRun(int Ranks, int Accumulation, bool Mtp, int DenseLayers, bool Groups, ScalarType Type = ScalarType.Float64)
{
    /// <summary>Number of copies of every expert.</summary>
    public int Replicas { get; init; } = 1;

    private RankGrid Grid => new(Ranks / Replicas, Replicas);

    /// <summary>Whether only owners update (ZeRO stage 1).</summary>
    public bool Zero { get; init; }

    /// <summary>Selects the fused kernels or the plain operations.</summary>
    public KernelChoice Kernels { get; init; } = KernelChoice.Fused;

    /// <summary>Activations that are recomputed in backward.</summary>
    public Recomputation Recompute { get; init; }

    /// <summary>Number of micro-batches in flight.</summary>
    public int InFlight { get; init; } = 1;

    /// <summary>Compute threads of each rank.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Shape of the attention.</summary>
    public AttentionShape Attention { get; init; } = new LatentAttentionShape
    {
        NumAttentionHeads = 2, QLoraRank = 8, KvLoraRank = 8, QkNopeHeadDim = 6, QkRopeHeadDim = 4, VHeadDim = 5,
    };

    public const int Steps = 3;
    public const int Sequences = 9;
    private const int Experts = 6, Length = 7, Vocabulary = 32;

    /// <summary>Results of all steps.</summary>
    /// <param name="Losses">By step: cross-entropy by depth, balance loss, gradient norm, MaxVio.</param>
    /// <param name="Tensors">All gradients and weights after each step, by step and global name.</param>
    /// <param name="Loads">Tokens routed to each expert in the first step, layer by layer, over all ranks.</param>
    public sealed record Result(IReadOnlyList<double[]> Losses, IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyList<long> Loads);

    public DecoderConfig Config => DeepSeekV3.Family.Published with
    {
        VocabSize = Vocabulary, HiddenSize = 16, IntermediateSize = 24, MoeIntermediateSize = 12, NumHiddenLayers = 2,
        NumNextnPredictLayers = Mtp ? 2 : 0,
        NSharedExperts = 1, NRoutedExperts = Experts, NumExpertsPerTok = 2, NGroup = Groups ? 3 : 1,
        TopkGroup = Groups ? 2 : 1,
        FirstKDenseReplace = DenseLayers,
        MaxPositionEmbeddings = 64, InitializerRange = 0.2, Attention = Attention,
    };

    /// <summary>Runs the layout.</summary>
    /// <param name="exchangeAlways">Whether tokens pass through the all-to-all exchange even with one rank.</param>
    public Result Run(bool exchangeAlways = false)
    {
        var ranks = Group.Run(Grid, (groups, world, replicas) => RunRank(groups, world, replicas, exchangeAlways), Threads);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var rank in ranks)
        {
            foreach (var (name, value) in rank.Tensors)
            {
                // Only owners report gradients. A weight that several ranks hold must be equal on all of them.
                if (tensors.TryGetValue(name, out var other))
                    Assert.True(value.eq(other).all().item<bool>(), $"{name} differs between ranks that hold it");
                tensors[name] = value;
            }
        }

        var loads = ranks.Select(rank => rank.Loads).Aggregate((sum, load) => [.. sum.Zip(load, (a, b) => a + b)]);
        return ranks[0] with { Tensors = tensors, Loads = loads };
    }

    /// <summary>
    /// Returns the smallest distance, over the first step's tokens, between the scores of chosen and not chosen experts, and of chosen and
    /// not chosen groups of experts.
    /// </summary>
    public double RoutingMargin()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        using var model = new Decoder(Config, Type);
        model.Parameters.Initialise(7, Config.InitializerRange);
        var margin = double.PositiveInfinity;
        var observer = new ForwardObserver(null, (_, routing) => margin = Math.Min(margin, Margin(routing.Scores)));
        foreach (var batch in Batches(0, 0))
        {
            var context = model.Context(batch.Positions);
            var hidden = model.Forward(batch.Tokens, context, observe: observer);
            foreach (var module in model.Mtp) hidden = model.ForwardMtp(module, hidden, batch.Tokens, context, observer);
            batch.Dispose();
        }

        return margin;
    }

    // Router biases are ignored: they are zero before the first update.
    private double Margin(Tensor scores)
    {
        var config = Config;
        if (config.NGroup == 1) return Gap(scores, config.NumExpertsPerTok);
        var grouped = scores.view(-1, config.NGroup, Experts / config.NGroup);
        var groupScores = grouped.topk(2, -1).values.sum(-1);
        var closed = groupScores.lt(groupScores.topk(config.TopkGroup, -1).values.narrow(-1, config.TopkGroup - 1, 1)).unsqueeze(-1);
        return Math.Min(Gap(groupScores, config.TopkGroup),
            Gap(grouped.masked_fill(closed, double.NegativeInfinity).flatten(1), config.NumExpertsPerTok));
    }

    private static double Gap(Tensor scores, int taken)
    {
        var best = scores.topk(taken + 1, -1).values;
        return (best.narrow(-1, taken - 1, 1) - best.narrow(-1, taken, 1)).min().ToDouble();
    }

    private Result RunRank(RankGroups groups, ICollectives collectives, ICollectives replicas, bool exchangeAlways)
    {
        ImmutableArray<int>[] shares = [.. Enumerable.Range(0, Grid.ExpertParallel).Select(place =>
        {
            var (start, count) = EvenShares.Of(Experts, Grid.ExpertParallel, place);
            return Enumerable.Range((int)start, (int)count).ToImmutableArray();
        })];
        var model = new Decoder(Config, Type, _ => shares[groups.Experts.Rank], Kernels, Recompute);
        model.Parameters.Initialise(7, Config.InitializerRange);
        var locations = Config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(Experts, shares));
        ITokenDispatcher dispatcher = Grid.ExpertParallel > 1 || exchangeAlways
            ? new AllToAllDispatcher(groups.Experts, TimeProvider.System, Kernels) : new LocalDispatcher();
        using var network = new TrainedNetwork(model, locations, dispatcher, new AdamW(new AdamWOptions(), Kernels),
            new Ownership(model.Parameters, new GroupRank(groups.World.Rank, Ranks),
                new GroupRank(groups.Replicas.Rank, Replicas), Zero));
        var step = new TrainingStep(network, new NextToken(), collectives,
            new StepOptions { BalanceLoss = 0.01, ZLoss = 0.001, BiasUpdateSpeed = 0.01, Clip = 0.5, MicroBatchesInFlight = InFlight },
            TimeProvider.System, replicas);

        var (losses, tensors, loads) = (new List<double[]>(), new Dictionary<string, Tensor>(), new List<long>());
        for (var n = 0; n < Steps; n++)
        {
            var batches = Batches(n, groups.World.Rank);
            if (n == 0) loads.AddRange(Loads(network, batches));
            var report = step.Run(n, 0.01, batches);
            foreach (var batch in batches) batch.Dispose();
            losses.Add([report.Loss, .. report.MtpLosses, report.BalanceLoss, report.GradientNorm, report.MaxVio]);
            foreach (var parameter in model.Parameters.All)
            {
                foreach (var view in parameter.Views)
                {
                    if (network.Ownership.Owns(parameter))
                        tensors[$"step {n} gradient {view.Name}"] = Copy(view.Select(network.Gradients[parameter]));
                    tensors[$"step {n} weight {view.Name}"] = Copy(view.Select(parameter.Value));
                }
            }

            foreach (var (name, buffer) in model.Parameters.Buffers) tensors[$"step {n} {name}"] = Copy(buffer);
        }

        return new Result(losses, tensors, loads);
    }

    private static IEnumerable<long> Loads(TrainedNetwork network, IReadOnlyList<TokenBatch> batches)
    {
        var sums = new StepSums(network.Model, new NextToken());
        for (var micro = 0; micro < batches.Count; micro++)
        {
            using var tape = new Distributed.Parallel.Segments.Tape(null);
            sums.Add(network.Forward.Run(tape, batches[micro], 0, micro));
        }

        return sums.Loads.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value);
    }

    // Nine sequences give ranks uneven shares. Some targets are missing, so the target counts are uneven too.
    private TokenBatch[] Batches(int step, int rank)
    {
        using var generator = new Generator((ulong)(100 + step));
        using var all = randint(0, Vocabulary, [Sequences, Length + 1], ScalarType.Int64, generator: generator);
        return [.. Enumerable.Range(0, Accumulation).Select(micro =>
        {
            var (microStart, microCount) = EvenShares.Of(Sequences, Accumulation, micro);
            var (start, count) = EvenShares.Of(microCount, Ranks, rank);
            var rows = all.narrow(0, microStart + start, count);
            var targets = rows.narrow(1, 1, Length).clone();
            return new TokenBatch(rows.narrow(1, 0, Length).contiguous(), targets.masked_fill_(targets.eq(3), TokenBatch.NoTarget));
        })];
    }

    private static Tensor Copy(Tensor value) => value.detach().clone().DetachFromDisposeScope();
}
