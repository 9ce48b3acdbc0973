using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives;

namespace Distributed.Benchmarks.Steps;

/// <summary>Network and step of a benchmark.</summary>
internal sealed record MeasuredSetup
{
    /// <summary>
    /// Vocabulary 4,096, width 256, 4 layers of latent attention and 16 experts (top 4) with inner width 256 and a shared expert.
    /// </summary>
    public static DecoderConfig LatentAttention => DeepSeekV3.Family.Published with
    {
        VocabSize = 4096, HiddenSize = 256, IntermediateSize = 512, MoeIntermediateSize = 256, NumHiddenLayers = 4,
        NSharedExperts = 1, NRoutedExperts = 16, NumExpertsPerTok = 4, NGroup = 1, TopkGroup = 1, RoutedScalingFactor = 1,
        FirstKDenseReplace = 0,
        Attention = new LatentAttentionShape
        {
            NumAttentionHeads = 4, QLoraRank = 96, KvLoraRank = 64, QkNopeHeadDim = 32, QkRopeHeadDim = 16, VHeadDim = 32,
        },
        MaxPositionEmbeddings = MeasuredNetwork.Length, InitializerRange = 0.02,
    };

    /// <summary>
    /// The same network with grouped-query attention: 4 heads of 64, each with its own keys and values, and rotary embedding over the whole
    /// width.
    /// </summary>
    public static DecoderConfig PlainAttention => LatentAttention with
    {
        Family = Glm4Moe.Family,
        Attention = new GroupedQueryShape { NumAttentionHeads = 4, NumKeyValueHeads = 4, HeadDim = 64 },
    };

    /// <summary>Configuration of the network.</summary>
    public DecoderConfig Config { get; init; } = LatentAttention;

    /// <summary>Number of micro-batches in a step.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>Number of micro-batches in flight.</summary>
    public int InFlight { get; init; } = 1;

    /// <summary>What backward recomputes instead of keeping it.</summary>
    public Recomputation Recomputation { get; init; }

    /// <summary>Creates the objective for the network; null for the next tokens.</summary>
    public Func<Decoder, IObjective>? Objective { get; init; }

    /// <summary>Creates the batch of a step; null for random tokens that are all targets.</summary>
    public Func<TokenBatch>? Batch { get; init; }

    /// <summary>Wraps the dispatcher of a rank; null for no wrapper.</summary>
    public Func<ITokenDispatcher, int, ITokenDispatcher>? Watch { get; init; }
}
