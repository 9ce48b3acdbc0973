using Distributed.Configuration;
using Distributed.Models.Families;
using Distributed.Models.Layers;

namespace Distributed.Models.Tests.Families;

/// <summary>Written keys are part of checkpoints: their order and form must not change.</summary>
public sealed class WrittenKeysTests
{
    [Fact]
    public void Write_DeepSeekV3_HasTheKeysOfCheckpointsInTheirOrder() => AssertWritten("""
        {"model_type":"deepseek_v3","vocab_size":129280,"hidden_size":7168,"intermediate_size":18432,"moe_intermediate_size":2048,
        "num_hidden_layers":61,"num_nextn_predict_layers":0,"num_attention_heads":128,"n_shared_experts":1,"n_routed_experts":256,
        "num_experts_per_tok":8,"n_group":8,"topk_group":4,"routed_scaling_factor":2.5,"norm_topk_prob":true,
        "first_k_dense_replace":3,"max_position_embeddings":4096,"initializer_range":0.006,"rms_norm_eps":1E-06,"rope_theta":10000,
        "tie_word_embeddings":false,"attention_bias":false,"moe_layer_freq":1,"q_lora_rank":null,"kv_lora_rank":512,
        "qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,"rope_interleave":true,"rope_scaling":{"type":"yarn",
        "factor":40,"original_max_position_embeddings":4096,"beta_fast":32,"beta_slow":1,"mscale":1,"mscale_all_dim":0.5}}
        """,
        DeepSeekV3.Family.Published with
        {
            Attention = (LatentAttentionShape)DeepSeekV3.Family.Published.Attention with { QLoraRank = null },
            RopeScaling = new YarnScaling { Factor = 40, OriginalMaxPositionEmbeddings = 4096, Mscale = 1, MscaleAllDim = 0.5 },
        });

    [Fact]
    public void Write_Glm4Moe_HasTheKeysOfCheckpointsInTheirOrder() => AssertWritten("""
        {"model_type":"glm4_moe","vocab_size":151552,"hidden_size":4096,"intermediate_size":10944,"moe_intermediate_size":1408,
        "num_hidden_layers":46,"num_nextn_predict_layers":0,"num_attention_heads":96,"n_shared_experts":1,"n_routed_experts":128,
        "num_experts_per_tok":8,"n_group":1,"topk_group":1,"routed_scaling_factor":1,"norm_topk_prob":true,
        "first_k_dense_replace":1,"max_position_embeddings":131072,"initializer_range":0.02,"rms_norm_eps":1E-05,"rope_theta":10000,
        "tie_word_embeddings":false,"attention_bias":false,"num_key_value_heads":8,"head_dim":128,"partial_rotary_factor":0.5,
        "use_qk_norm":false}
        """,
        Glm4Moe.Family.Published);

    [Fact]
    public void Write_DeepSeekV3WithEveryPropertyChanged_RoundTrips() => AssertRoundTrip(DeepSeekV3.Family.Published, Changed with
    {
        Attention = new LatentAttentionShape
        {
            NumAttentionHeads = 3, AttentionBias = true, QLoraRank = 9, KvLoraRank = 8, QkNopeHeadDim = 7, QkRopeHeadDim = 6, VHeadDim = 5,
            RopeInterleave = false,
        },
    });

    [Fact]
    public void Write_Glm4MoeWithEveryPropertyChanged_RoundTrips() => AssertRoundTrip(Glm4Moe.Family.Published,
        Changed with
        {
            Family = Glm4Moe.Family,
            MoeLayerFreq = 1,
            Attention = new GroupedQueryShape
            {
                NumAttentionHeads = 6, NumKeyValueHeads = 3, HeadDim = 20, PartialRotaryFactor = 0.3, UseQkNorm = true,
                AttentionBias = true,
            },
        },
        nameof(DecoderConfig.MoeLayerFreq)); // the family has no such key

    private static DecoderConfig Changed => DeepSeekV3.Family.Published with
    {
        VocabSize = 300, HiddenSize = 10, IntermediateSize = 11, MoeIntermediateSize = 12, NumHiddenLayers = 13, NumNextnPredictLayers = 2,
        Heads = DecoderHeads.LanguageModelAndScore,
        NSharedExperts = 4, NRoutedExperts = 12, NumExpertsPerTok = 3, NGroup = 3, TopkGroup = 2, RoutedScalingFactor = 1.5,
        NormTopkProb = false, FirstKDenseReplace = 2, MoeLayerFreq = 2, MaxPositionEmbeddings = 99, InitializerRange = 0.01,
        RmsNormEps = 1e-7, RopeTheta = 5000, TieWordEmbeddings = true,
        RopeScaling = new YarnScaling
        {
            Factor = 4, OriginalMaxPositionEmbeddings = 64, BetaFast = 31, BetaSlow = 2, Mscale = 0.5, MscaleAllDim = 0.6,
            AttentionFactor = 1.1
        },
    };

    // Every property must differ from the published value, so that a key that is not written or not read is found.
    private static void AssertRoundTrip(DecoderConfig published, DecoderConfig config, params string[] unused)
    {
        AssertDiffer(published, config, [nameof(DecoderConfig.Family), nameof(DecoderConfig.Attention), .. unused]);
        AssertDiffer(published.Attention, config.Attention, []);
        var problems = new List<ConfigProblem>();

        var back = ModelFamilies.Default.Read(new ConfigReader(config.ToJson(), "model", problems));

        Assert.Empty(problems);
        Assert.Equal(config, back);
    }

    private static void AssertDiffer(object expected, object changed, string[] except)
    {
        foreach (var property in changed.GetType().GetProperties()
            .Where(property => property.CanWrite && !except.Contains(property.Name)))
            Assert.NotEqual(property.GetValue(expected), property.GetValue(changed));
    }

    private static void AssertWritten(string expected, DecoderConfig config) =>
        Assert.Equal(expected.Replace("\n", "", StringComparison.Ordinal), config.ToJson().ToJsonString());
}
