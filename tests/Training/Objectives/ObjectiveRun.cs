using System.Collections.Immutable;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Planning;
using Distributed.Tensors.Kernels;
using Distributed.Training.Batches;
using Distributed.Training.Frozen;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Reports;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives;

/// <summary>One step of a tiny network over the same examples in a given layout, with a learning rate of 0.</summary>
internal sealed record ObjectiveRun(string Objective, int Ranks = 1, int Accumulation = 1, bool Packed = true)
{
    private const int Experts = 6, Length = 24, Vocabulary = 32;

    public ScalarType Type { get; init; } = ScalarType.Float64;

    public KernelChoice Kernels { get; init; } = KernelChoice.Fused;

    /// <summary>Whether two micro-batches are in flight.</summary>
    public bool Overlap { get; init; }

    /// <summary>Whether the reference or teacher has the weights of the network in training.</summary>
    public bool IsFrozenEqual { get; init; }

    /// <summary>Whether both sides of a pair have the same tokens.</summary>
    public bool HasEqualSides { get; init; }

    /// <summary>The step's report and the gradients by global name.</summary>
    public sealed record Result(StepReport Report, IReadOnlyDictionary<string, Tensor> Gradients);

    private bool HasPairs => Objective is "dpo" or "ipo" or "cdpo" or "reward_model";

    private DecoderConfig Config => DeepSeekV3.Family.Published with
    {
        VocabSize = Vocabulary, HiddenSize = 16, IntermediateSize = 24, MoeIntermediateSize = 12, NumHiddenLayers = 2,
        NumNextnPredictLayers = Objective == "sft with mtp" ? 2 : 0, NSharedExperts = 1, NRoutedExperts = Experts, NumExpertsPerTok = 2,
        NGroup = 1, TopkGroup = 1, FirstKDenseReplace = 1, MaxPositionEmbeddings = 64, InitializerRange = 0.2,
        Heads = Objective == "reward_model" ? DecoderHeads.Score : DecoderHeads.LanguageModel,
        Attention = new LatentAttentionShape
        {
            NumAttentionHeads = 2, QLoraRank = 8, KvLoraRank = 8, QkNopeHeadDim = 6, QkRopeHeadDim = 4, VHeadDim = 5,
        },
    };

    public Result Run()
    {
        var ranks = Group.Run(new RankGrid(Ranks, 1), (groups, world, _) => RunRank(groups, world), 1);
        var gradients = new Dictionary<string, Tensor>();
        foreach (var rank in ranks)
            foreach (var (name, value) in rank.Gradients) gradients[name] = value;
        return new Result(ranks[0].Report, gradients);
    }

    private Result RunRank(RankGroups groups, Distributed.Parallel.Collectives.ICollectives world)
    {
        ImmutableArray<int>[] shares = [.. Enumerable.Range(0, Ranks).Select(place =>
        {
            var (start, count) = EvenShares.Of(Experts, Ranks, place);
            return Enumerable.Range((int)start, (int)count).ToImmutableArray();
        })];
        var locations = Config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(Experts, shares));
        ITokenDispatcher Dispatcher() => new AllToAllDispatcher(groups.Experts, TimeProvider.System, Kernels);
        Decoder Model(DecoderConfig config, int seed)
        {
            var model = new Decoder(config, Type, _ => shares[groups.Experts.Rank], Kernels);
            model.Parameters.Initialise(seed, Config.InitializerRange);
            return model;
        }

        var model = Model(Config, 7);
        if (Objective == "reward_model")
        {
            using var mode = no_grad();
            model.ScoreHead.Value.copy_(linspace(-1, 1, Config.HiddenSize).view(1, -1)); // gradients of the trunk are 0 at a score of 0
        }

        using var network = new TrainedNetwork(model, locations, Dispatcher(), new AdamW(new AdamWOptions(), Kernels),
            new Ownership(model.Parameters, new GroupRank(groups.World.Rank, Ranks), new GroupRank(0, 1), zero: true));
        FrozenNetwork Frozen() => new(Model(Config, IsFrozenEqual ? 7 : 8), locations, Dispatcher());
        using var objective = Create(model, Frozen);
        var step = new TrainingStep(network, objective, world, new StepOptions
        {
            BalanceLoss = 0.01, ZLoss = 0.001, BiasUpdateSpeed = 0, Clip = 0, MicroBatchesInFlight = Overlap ? 2 : 1,
        }, TimeProvider.System);
        var batches = Batches(groups.World.Rank);
        var report = step.Run(0, 0, batches);
        foreach (var batch in batches) batch.Dispose();
        var gradients = network.Ownership.Owned.SelectMany(parameter => parameter.Views.Select(view =>
            (view.Name, view.Select(network.Gradients[parameter]).detach().clone().DetachFromDisposeScope())));
        return new Result(report, gradients.ToDictionary());
    }

    private IObjective Create(Decoder model, Func<FrozenNetwork> frozen) => Objective switch
    {
        "sft" or "sft with mtp" => new NextToken(),
        "dpo" => new PreferenceOptimisation(model, frozen(), new PreferenceOptions(PreferenceLossKind.Sigmoid, 0.5)),
        "cdpo" => new PreferenceOptimisation(model, frozen(), new PreferenceOptions(PreferenceLossKind.Sigmoid, 0.5, 0.1)),
        "ipo" => new PreferenceOptimisation(model, frozen(), new PreferenceOptions(PreferenceLossKind.Ipo, 0.5)),
        "reward_model" => new RewardModelling(model, margin: 0.2, centring: 0.1),
        "forward_kl" => new TeacherDistillation(model, frozen(), new DivergenceOptions(DivergenceKind.ForwardKl, 2)),
        "reverse_kl" => new TeacherDistillation(model, frozen(), new DivergenceOptions(DivergenceKind.ReverseKl, HardWeight: 0.3)),
        "jensen_shannon" => new TeacherDistillation(model, frozen(), new DivergenceOptions(DivergenceKind.JensenShannon, Mixture: 0.3)),
        _ => throw new ArgumentOutOfRangeException(nameof(model), Objective, "Unknown objective."),
    };

    // Ten units of one or two sequences, of different lengths: packed two to a row, or one to a row.
    private TokenBatch[] Batches(int rank)
    {
        var random = new Random(5);
        var units = Enumerable.Range(0, 10).Select(_ => Unit(random)).ToList();
        var rows = Packed ? units.Chunk(2).Select(two => two.SelectMany(unit => unit).ToArray()).ToList() : units;
        return [.. Enumerable.Range(0, Accumulation).Select(micro =>
        {
            var (microStart, microCount) = EvenShares.Of(rows.Count, Accumulation, micro);
            var (start, count) = EvenShares.Of(microCount, Ranks, rank);
            return Batch([.. rows.Skip((int)(microStart + start)).Take((int)count)]);
        })];
    }

    private int[][] Unit(Random random)
    {
        int[] Sequence() => [.. Enumerable.Range(0, random.Next(3, 7)).Select(_ => random.Next(Vocabulary))];
        if (!HasPairs) return [Sequence()];
        var (one, other) = (Sequence(), Sequence());
        return [one, HasEqualSides ? one : other];
    }

    // The first two tokens of a sequence are its prompt.
    private static TokenBatch Batch(int[][][] rows)
    {
        var (tokens, targets) = (new long[rows.Length * Length], new long[rows.Length * Length]);
        var (positions, documents) = (new long[rows.Length * Length], new long[rows.Length * Length]);
        var sequences = new List<PackedSequence>();
        Array.Fill(targets, TokenBatch.NoTarget);
        for (var row = 0; row < rows.Length; row++)
        {
            var at = 0;
            foreach (var (index, sequence) in rows[row].Append(new int[Length - rows[row].Sum(each => each.Length)]).Index())
            {
                var isPadding = index == rows[row].Length;
                if (!isPadding) sequences.Add(new PackedSequence(row, at, sequence.Length));
                for (var i = 0; i < sequence.Length; i++, at++)
                {
                    var place = row * Length + at;
                    (tokens[place], positions[place], documents[place]) = (isPadding ? 3 : sequence[i], i, index);
                    if (!isPadding && i >= 1 && i + 1 < sequence.Length) targets[place] = sequence[i + 1];
                }
            }
        }

        long[] shape = [rows.Length, Length];
        return new TokenBatch(tensor(tokens, shape), tensor(targets, shape), tensor(positions, shape), tensor(documents, shape),
            new PackedSequences(sequences, Length));
    }
}
