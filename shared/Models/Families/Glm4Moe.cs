using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models.Layers;

namespace Distributed.Models.Families;

/// <summary>GLM-4.5 (GLM-4.5 Team 2025): the experts of DeepSeek-V3 with grouped-query attention.</summary>
public sealed class Glm4Moe : ModelFamily
{
    private static readonly KeyTable<DecoderConfig> Table = SharedKeys.Declare(Check)
        .Integer("num_key_value_heads", config => ((GroupedQueryShape)config.Attention).NumKeyValueHeads,
            "Number of heads of keys and of values; a divisor of num_attention_heads.", 1, ModelLimits.Heads)
        .With(HeadDim)
        .PartialRotaryFactor(config => ((GroupedQueryShape)config.Attention).PartialRotaryFactor)
        .Flag("use_qk_norm", config => ((GroupedQueryShape)config.Attention).UseQkNorm,
            "Whether queries and keys are normed, head by head, before the rotation.")
        .RopeScaling();

    private Glm4Moe()
    {
    }

    /// <summary>The family.</summary>
    public static Glm4Moe Family { get; } = new();

    /// <inheritdoc/>
    public override string ModelType => "glm4_moe";

    /// <inheritdoc/>
    /// <remarks>GLM-4.5-Air; Hugging Face uses its values as defaults of missing keys.</remarks>
    public override DecoderConfig Published => new()
    {
        Family = this,
        VocabSize = 151552,
        HiddenSize = 4096,
        IntermediateSize = 10944,
        MoeIntermediateSize = 1408,
        NumHiddenLayers = 46,
        Attention = new GroupedQueryShape { NumAttentionHeads = 96, NumKeyValueHeads = 8, HeadDim = 128, PartialRotaryFactor = 0.5 },
        NSharedExperts = 1,
        NRoutedExperts = 128,
        NumExpertsPerTok = 8,
        RoutedScalingFactor = 1,
        FirstKDenseReplace = 1,
        MaxPositionEmbeddings = 131072,
        InitializerRange = 0.02,
        RmsNormEps = 1e-5,
    };

    /// <inheritdoc/>
    public override KeyTable<DecoderConfig> Keys => Table;

    // The default depends on other keys.
    private static Key<DecoderConfig> HeadDim => new()
    {
        Name = "head_dim",
        Allowed = $"{new WholeRange(2, ModelLimits.HeadWidth)}, or null",
        Meaning = "Width of every head; null or a missing key stands for hidden_size / num_attention_heads.",
        Read = (reader, config) =>
        {
            var shape = (GroupedQueryShape)config.Attention;
            var equal = Math.Max(2, config.HiddenSize / shape.NumAttentionHeads);
            var width = reader.IsNone("head_dim") ? equal : reader.Int("head_dim", equal, 2, ModelLimits.HeadWidth);
            return config with { Attention = shape with { HeadDim = width } };
        },
        Write = config => ((GroupedQueryShape)config.Attention).HeadDim,
    };

    private static void Check(DecoderConfig config, ConfigReader reader)
    {
        var shape = (GroupedQueryShape)config.Attention;
        var (width, heads) = (config.HiddenSize, shape.NumAttentionHeads);
        if (!reader.HasProblems("num_key_value_heads") && heads % shape.NumKeyValueHeads != 0)
        {
            reader.Refuse("num_key_value_heads", $"allowed: a divisor of num_attention_heads = {heads}"
                + (reader.Has("num_key_value_heads") ? "" : $"; the default is {shape.NumKeyValueHeads}"));
        }

        if (!reader.Has("head_dim") && width % heads != 0)
        {
            reader.Refuse("head_dim",
                $"missing; the default is hidden_size / num_attention_heads, but {width} / {heads} is not a whole number");
        }
        else if (!reader.HasProblems("partial_rotary_factor") && (shape.RotaryWidth < 2 || shape.RotaryWidth % 2 != 0))
        {
            reader.Refuse("partial_rotary_factor", "allowed: a factor that leaves an even number of the "
                + $"head_dim = {shape.HeadDim} dimensions to rotate, since they are rotated in pairs; "
                + $"{shape.PartialRotaryFactor} leaves {shape.RotaryWidth}");
        }
    }
}
