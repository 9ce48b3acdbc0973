using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models.Layers;

namespace Distributed.Models.Families;

/// <summary>DeepSeek-V3 (DeepSeek-AI 2024): latent attention, leading dense layers, routed and shared experts.</summary>
public sealed class DeepSeekV3 : ModelFamily
{
    private static readonly KeyTable<DecoderConfig> Table = SharedKeys.Declare(Check, expertsIfNull: 0) // DeepSeek's own files write null
        .Integer("moe_layer_freq", config => config.MoeLayerFreq,
            "After the leading dense layers, every n-th layer, by its index, has experts.", 1)
        .OptionalInteger("q_lora_rank", config => ((LatentAttentionShape)config.Attention).QLoraRank,
            "Width of the compressed query; null projects queries directly.", 1, ModelLimits.Width, writesNull: true)
        .Integer("kv_lora_rank", config => ((LatentAttentionShape)config.Attention).KvLoraRank,
            "Width of the compressed keys and values, which the attention cache holds.", 1, ModelLimits.Width)
        .Integer("qk_nope_head_dim", config => ((LatentAttentionShape)config.Attention).QkNopeHeadDim,
            "Width of the part of a head that is not rotated by position.", 1, ModelLimits.HeadWidth)
        .Integer("qk_rope_head_dim", config => ((LatentAttentionShape)config.Attention).QkRopeHeadDim,
            "Width of a head's rotary part; even.", 2, ModelLimits.HeadWidth)
        .Integer("v_head_dim", config => ((LatentAttentionShape)config.Attention).VHeadDim,
            "Width of a head's value.", 1, ModelLimits.HeadWidth)
        .Flag("rope_interleave", config => ((LatentAttentionShape)config.Attention).RopeInterleave,
            "Whether rotary pairs are interleaved; a pair spans the two halves otherwise.")
        .RopeScaling();

    private DeepSeekV3()
    {
    }

    /// <summary>The family.</summary>
    public static DeepSeekV3 Family { get; } = new();

    /// <inheritdoc/>
    public override string ModelType => "deepseek_v3";

    /// <inheritdoc/>
    /// <remarks>DeepSeek-V3.</remarks>
    public override DecoderConfig Published => new()
    {
        Family = this,
        VocabSize = 129280,
        HiddenSize = 7168,
        IntermediateSize = 18432,
        MoeIntermediateSize = 2048,
        NumHiddenLayers = 61,
        Attention = new LatentAttentionShape
        {
            NumAttentionHeads = 128, QLoraRank = 1536, KvLoraRank = 512, QkNopeHeadDim = 128, QkRopeHeadDim = 64, VHeadDim = 128,
        },
        NSharedExperts = 1,
        NRoutedExperts = 256,
        NumExpertsPerTok = 8,
        NGroup = 8,
        TopkGroup = 4,
        RoutedScalingFactor = 2.5,
        FirstKDenseReplace = 3,
        MaxPositionEmbeddings = 4096,
        InitializerRange = 0.006,
        RmsNormEps = 1e-6,
    };

    /// <inheritdoc/>
    public override KeyTable<DecoderConfig> Keys => Table;

    /// <inheritdoc/>
    /// <remarks>For programs that support only grouped-query attention.</remarks>
    public override IReadOnlyList<string> IgnoredKeys => ["num_key_value_heads", "head_dim"];

    private static void Check(DecoderConfig config, ConfigReader reader)
    {
        if (config.Attention.RotaryWidth % 2 != 0)
            reader.Refuse("qk_rope_head_dim", "allowed: an even number, because its dimensions are rotated in pairs");
    }
}
