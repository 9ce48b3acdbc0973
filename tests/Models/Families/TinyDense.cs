using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models.Families;
using Distributed.Models.Layers;

namespace Distributed.Models.Tests.Families;

/// <summary>A family that only this assembly has: a network without experts, with multi-head attention and GPT-2's key names.</summary>
internal sealed class TinyDense : ModelFamily
{
    private static readonly KeyTable<DecoderConfig> Table = new KeyTable<DecoderConfig>(Check)
        .Integer("vocab_size", config => config.VocabSize, "Number of tokens.", 1, ModelLimits.Vocabulary)
        .Integer("n_positions", config => config.MaxPositionEmbeddings, "Longest context, in tokens.", 1, ModelLimits.Positions)
        .Integer("n_embd", config => config.HiddenSize, "Model width.", 1, ModelLimits.Width)
        .Integer("n_inner", config => config.IntermediateSize, "Inner width.", 1, ModelLimits.Width)
        .Integer("n_layer", config => config.NumHiddenLayers, "Number of layers.", 1, ModelLimits.Layers)
        .Integer("n_head", config => config.Attention.NumAttentionHeads, "Number of heads.", 1, ModelLimits.Heads)
        .Integer("n_head_kv", config => ((GroupedQueryShape)config.Attention).NumKeyValueHeads, "Heads of keys.", 1, ModelLimits.Heads)
        .Integer("head_width", config => ((GroupedQueryShape)config.Attention).HeadDim, "Width of a head.", 2, ModelLimits.HeadWidth)
        .Flag("tie_word_embeddings", config => config.TieWordEmbeddings, "Whether the head shares the embedding's weight.")
        .RopeTheta()
        .RopeScaling();

    public override string ModelType => "tiny_dense";

    public override DecoderConfig Published => new()
    {
        Family = this, VocabSize = 40, HiddenSize = 16, IntermediateSize = 24, NumHiddenLayers = 2, MaxPositionEmbeddings = 32,
        Attention = new GroupedQueryShape { NumAttentionHeads = 4, NumKeyValueHeads = 4, HeadDim = 6 }, TieWordEmbeddings = true,
    };

    public override KeyTable<DecoderConfig> Keys => Table;

    public override IReadOnlyList<string> IgnoredKeys => ["summary_type"];

    private static void Check(DecoderConfig config, ConfigReader reader)
    {
        var shape = (GroupedQueryShape)config.Attention;
        if (shape.NumAttentionHeads % shape.NumKeyValueHeads != 0)
            reader.Refuse("n_head_kv", $"allowed: a divisor of n_head = {shape.NumAttentionHeads}");
    }
}
