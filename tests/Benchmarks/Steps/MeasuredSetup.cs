using Distributed.Models.DeepSeekV3;
using Distributed.Parallel.Dispatch;
using Distributed.Models.Layers;

namespace Distributed.Benchmarks.Steps;

/// <summary>What a step benchmark measures.</summary>
internal sealed record MeasuredSetup
{
    /// <summary>Vocabulary 4,096, width 256, 4 layers of latent attention and 16 experts top 4 with inner width 256 and a shared expert.</summary>
    public static DeepSeekV3Config LatentAttention => new()
    {
        VocabSize = 4096, HiddenSize = 256, IntermediateSize = 512, MoeIntermediateSize = 256, NumHiddenLayers = 4, NumAttentionHeads = 4,
        NSharedExperts = 1, NRoutedExperts = 16, NumExpertsPerTok = 4, NGroup = 1, TopkGroup = 1, RoutedScalingFactor = 1, FirstKDenseReplace = 0,
        QLoraRank = 96, KvLoraRank = 64, QkNopeHeadDim = 32, QkRopeHeadDim = 16, VHeadDim = 32, MaxPositionEmbeddings = MeasuredNetwork.Length, InitializerRange = 0.02,
    };

    /// <summary>The same with grouped-query attention, of 4 heads of 64 that share nothing, turned over their whole width.</summary>
    public static DeepSeekV3Config PlainAttention => LatentAttention with { GroupedQuery = new GroupedQueryShape { NumKeyValueHeads = 4, HeadDim = 64, PartialRotaryFactor = 1 } };

    /// <summary>The network.</summary>
    public DeepSeekV3Config Config { get; init; } = LatentAttention;

    /// <summary>Micro-batches of a step.</summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>Micro-batches under way at a time.</summary>
    public int InFlight { get; init; } = 1;

    /// <summary>What is not kept for backward.</summary>
    public Recomputation Recomputation { get; init; }

    /// <summary>Put around the dispatcher of a rank.</summary>
    public Func<ITokenDispatcher, int, ITokenDispatcher>? Watch { get; init; }
}
