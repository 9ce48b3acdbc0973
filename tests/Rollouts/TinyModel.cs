using Distributed.Models.Families;
using Distributed.Models;
using Distributed.Models.Layers;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests;

/// <summary>Small networks with random weights that are large enough for predictions to differ from token to token.</summary>
internal static class TinyModel
{
    public const int Vocabulary = 43;

    public static DecoderConfig Config(
        bool yarn = false, bool compressedQueries = false, bool denseFirst = true, bool groups = false, int context = 64) =>
        DeepSeekV3.Family.Published with
        {
            VocabSize = Vocabulary,
            HiddenSize = 24,
            IntermediateSize = 32,
            MoeIntermediateSize = 12,
            NumHiddenLayers = 3,
            NumNextnPredictLayers = 1,
            NSharedExperts = 1,
            NRoutedExperts = 8,
            NumExpertsPerTok = 3,
            NGroup = groups ? 4 : 1,
            TopkGroup = groups ? 2 : 1,
            RoutedScalingFactor = 1.5,
            FirstKDenseReplace = denseFirst ? 1 : 0,
            Attention = new LatentAttentionShape
            {
                NumAttentionHeads = 3, QLoraRank = compressedQueries ? 10 : null, KvLoraRank = 14, QkNopeHeadDim = 6, QkRopeHeadDim = 4,
                VHeadDim = 5,
            },
            MaxPositionEmbeddings = context,
            RopeScaling = yarn ? new YarnScaling { Factor = 4, OriginalMaxPositionEmbeddings = 16, Mscale = 1, MscaleAllDim = 0.8 } : null,
        };

    /// <summary>Configuration with grouped-query attention: four query heads, two key-value heads.</summary>
    public static DecoderConfig GroupedQueryConfig(bool norm = true) =>
        Config() with
        {
            Family = Glm4Moe.Family,
            Attention = new GroupedQueryShape
            {
                NumAttentionHeads = 4, NumKeyValueHeads = 2, HeadDim = 12, PartialRotaryFactor = 0.5, UseQkNorm = norm,
                AttentionBias = true,
            },
        };

    public static Decoder Create(ScalarType type = ScalarType.Float64, DecoderConfig? config = null)
    {
        OnOneThread();
        var model = new Decoder(config ?? Config(), type);
        model.Parameters.Initialise(seed: 7, deviation: 0.25);
        using var withoutGraph = no_grad();
        using var generator = new Generator(11);
        foreach (var bias in model.Parameters.Buffers.Values)
        {
            using var drawn = randn(bias.shape, ScalarType.Float64, generator: generator).mul_(0.1);
            bias.copy_(drawn);
        }

        return model;
    }

    /// <summary>Sets one compute thread: several threads slow down tensors of this size, most of all on a busy machine.</summary>
    public static void OnOneThread() => set_num_threads(1);

    public static int[] Prompt(int length, int salt = 0) =>
        [.. Enumerable.Range(0, length).Select(n => (n * n * 5 + 11 * n + 3 + 17 * salt) % Vocabulary)];

    /// <summary>Returns rows of tokens of equal length as a tensor [B, S].</summary>
    public static Tensor Rows(params int[][] rows) =>
        tensor(rows.SelectMany(row => row.Select(token => (long)token)).ToArray()).view(rows.Length, -1);

    /// <summary>Returns the logits of every position, [B, S, V], computed without a cache.</summary>
    public static Tensor Uncached(Decoder model, Tensor tokens)
    {
        using var withoutGraph = no_grad();
        using var scope = NewDisposeScope();
        var context = model.Context(arange(tokens.shape[1]).unsqueeze(0).expand(tokens.shape[0], -1));
        return model.Head(model.Forward(tokens, context)).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the largest difference divided by the largest expected absolute value.</summary>
    public static double Distance(Tensor found, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, found.shape);
        var wanted = expected.to(ScalarType.Float64);
        return (found.to(ScalarType.Float64) - wanted).abs().max().item<double>() / wanted.abs().max().item<double>();
    }

    public static double Tolerance(ScalarType type) => type == ScalarType.Float64 ? 1e-10 : 2e-4;
}
