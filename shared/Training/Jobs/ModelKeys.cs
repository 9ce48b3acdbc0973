using System.Text.Json.Nodes;
using Distributed.Models.DeepSeekV3;

namespace Distributed.Training.Jobs;

/// <summary>A network's shape written under the keys of a Hugging Face <c>config.json</c>.</summary>
public static class ModelKeys
{
    /// <summary>Every key that <see cref="DeepSeekV3Config.Read"/> reads, so that reading gives the same record back.</summary>
    public static JsonObject Write(DeepSeekV3Config config)
    {
        var json = new JsonObject
        {
            ["model_type"] = DeepSeekV3Config.ModelType,
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
            ["moe_layer_freq"] = config.MoeLayerFreq,
            ["q_lora_rank"] = config.QLoraRank,
            ["kv_lora_rank"] = config.KvLoraRank,
            ["qk_nope_head_dim"] = config.QkNopeHeadDim,
            ["qk_rope_head_dim"] = config.QkRopeHeadDim,
            ["v_head_dim"] = config.VHeadDim,
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["initializer_range"] = config.InitializerRange,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["rope_theta"] = config.RopeTheta,
            ["rope_interleave"] = config.RopeInterleave,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_bias"] = config.AttentionBias,
        };
        if (config.RopeScaling is not { } yarn) return json;
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
        json["rope_scaling"] = scaling;
        return json;
    }
}
