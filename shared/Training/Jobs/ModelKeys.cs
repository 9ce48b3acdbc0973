using System.Text.Json.Nodes;
using Distributed.Models;
using Distributed.Models.Layers;

namespace Distributed.Training.Jobs;

/// <summary>Writes a network's configuration with the keys of a Hugging Face <c>config.json</c>.</summary>
public static class ModelKeys
{
    /// <summary>Writes every key that <see cref="DecoderConfig.Read"/> reads; reading them gives an equal record.</summary>
    public static JsonObject Write(DecoderConfig config)
    {
        var json = new JsonObject
        {
            ["model_type"] = config.GroupedQuery is null ? DecoderConfig.ModelType : DecoderConfig.GroupedQueryModelType,
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["moe_intermediate_size"] = config.MoeIntermediateSize,
            ["num_hidden_layers"] = config.NumHiddenLayers,
            ["num_nextn_predict_layers"] = config.NumNextnPredictLayers,
            ["num_attention_heads"] = config.NumAttentionHeads,
            ["n_shared_experts"] = config.NSharedExperts,
            ["n_routed_experts"] = config.NRoutedExperts,
            ["num_experts_per_tok"] = config.NumExpertsPerTok,
            ["n_group"] = config.NGroup,
            ["topk_group"] = config.TopkGroup,
            ["routed_scaling_factor"] = config.RoutedScalingFactor,
            ["norm_topk_prob"] = config.NormTopkProb,
            ["first_k_dense_replace"] = config.FirstKDenseReplace,
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["initializer_range"] = config.InitializerRange,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_bias"] = config.AttentionBias,
        };
        if (config.GroupedQuery is { } shape) WriteGroupedQuery(shape, json);
        else WriteLatent(config, json);
        if (config.RopeScaling is { } yarn) json["rope_scaling"] = Scaling(yarn);
        return json;
    }

    private static void WriteGroupedQuery(GroupedQueryShape shape, JsonObject json)
    {
        json["num_key_value_heads"] = shape.NumKeyValueHeads;
        json["head_dim"] = shape.HeadDim;
        json["partial_rotary_factor"] = shape.PartialRotaryFactor;
        json["use_qk_norm"] = shape.UseQkNorm;
    }

    private static void WriteLatent(DecoderConfig config, JsonObject json)
    {
        json["moe_layer_freq"] = config.MoeLayerFreq;
        json["q_lora_rank"] = config.QLoraRank;
        json["kv_lora_rank"] = config.KvLoraRank;
        json["qk_nope_head_dim"] = config.QkNopeHeadDim;
        json["qk_rope_head_dim"] = config.QkRopeHeadDim;
        json["v_head_dim"] = config.VHeadDim;
        json["rope_interleave"] = config.RopeInterleave;
    }

    private static JsonObject Scaling(YarnScaling yarn)
    {
        var scaling = new JsonObject
        {
            ["type"] = "yarn",
            ["factor"] = yarn.Factor,
            ["original_max_position_embeddings"] = yarn.OriginalMaxPositionEmbeddings,
            ["beta_fast"] = yarn.BetaFast,
            ["beta_slow"] = yarn.BetaSlow,
            ["mscale"] = yarn.Mscale,
            ["mscale_all_dim"] = yarn.MscaleAllDim,
        };
        if (yarn.AttentionFactor is { } factor) scaling["attention_factor"] = factor;
        return scaling;
    }
}
