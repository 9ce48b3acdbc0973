using Distributed.Models.Families;
using Distributed.Models.Layers;
using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Accounting;

namespace Distributed.Models.Tests.Families;

public sealed class GroupedQueryConfigTests
{
    // The shapes of GLM-4.5 and GLM-4.5-Air as described on public pages; attention_bias and initializer_range have not been compared with
    // the published files.
    private const string Glm = """
        { "model_type": "glm4_moe", "architectures": ["Glm4MoeForCausalLM"], "attention_bias": true, "attention_dropout": 0.0,
          "head_dim": 128, "hidden_act": "silu", "hidden_size": 5120, "partial_rotary_factor": 0.5, "initializer_range": 0.02,
          "intermediate_size": 12288, "max_position_embeddings": 131072, "moe_intermediate_size": 1536, "n_group": 1,
          "topk_group": 1, "n_routed_experts": 160, "n_shared_experts": 1, "routed_scaling_factor": 2.5,
          "norm_topk_prob": true, "num_attention_heads": 96, "num_experts_per_tok": 8,
          "first_k_dense_replace": 3,
          "num_hidden_layers": 92,
          "num_key_value_heads": 8, "num_nextn_predict_layers": 1, "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 1000000,
          "tie_word_embeddings": false, "use_cache": true, "use_qk_norm": true, "vocab_size": 151552 }
        """;

    private const string GlmAir = """
        { "model_type": "glm4_moe", "attention_bias": true, "head_dim": 128, "num_nextn_predict_layers": 1, "rope_theta": 1000000 }
        """;

    // The README of zai-org/GLM-4.5: 355B and 106B parameters, of which 32B and 12B are active. The totals are rounded and do not state
    // whether they include the MTP layer and the vocabulary; the active ones match the count without the vocabulary.
    [Theory]
    [InlineData(Glm, 355, 32)]
    [InlineData(GlmAir, 106, 12)]
    public void Accounting_OfThePublishedModels_HasTheirFigures(string json, int billions, int active)
    {
        var accounting = ModelAccounting.Of(Read(json));

        Assert.InRange(accounting.Total / 1e9, 0.99 * billions, 1.01 * billions);
        Assert.Equal(active, Math.Round((accounting.Active - accounting.Parts[0].Parameters - accounting.Parts[^1].Parameters) / 1e9));
    }

    [Fact]
    public void Read_PublishedFile_HasItsAttention()
    {
        var config = Read(Glm);

        var shape = config.Attention;
        Assert.Equal(
            new GroupedQueryShape
            {
                NumAttentionHeads = 96, NumKeyValueHeads = 8, HeadDim = 128, PartialRotaryFactor = 0.5, UseQkNorm = true,
                AttentionBias = true,
            },
            shape);
        Assert.Equal((64, 128, 128, 2048, false),
            (shape.RotaryWidth, shape.QkHeadDim, shape.ValueHeadDim, shape.CacheWidth, shape.IsRotaryInterleaved));
        Assert.Equal(1 / Math.Sqrt(128), config.SoftmaxScale);
        Assert.Equal(92 * 2048 * 2, ModelAccounting.Of(config).CacheBytesPerToken());
    }

    // As listed in the published index, without embed_tokens and shared_head.head of the MTP layer, which repeat the trunk's.
    [Fact]
    public void Tensors_OfAPublishedShape_HaveTheCheckpointsNames()
    {
        var names = Decoder.TensorsOf(Read(Glm) with { NumHiddenLayers = 1, FirstKDenseReplace = 1, NRoutedExperts = 8,
            HiddenSize = 16, VocabSize = 8, MoeIntermediateSize = 4, IntermediateSize = 4 })
            .Select(tensor => tensor.Name).ToHashSet();

        string[] attention = ["q_proj.weight", "q_proj.bias", "k_proj.weight", "k_proj.bias", "v_proj.weight", "v_proj.bias",
            "o_proj.weight", "q_norm.weight", "k_norm.weight"];
        foreach (var layer in new[] { 0, 1 })
            Assert.Equal(attention.Order(),
                names.Where(name => name.Contains($"layers.{layer}.self_attn.", StringComparison.Ordinal))
                    .Select(name => name.Split("self_attn.")[1]).Order());
        Assert.Superset(
            new[] { "eh_proj", "enorm", "hnorm", "shared_head.norm", "mlp.gate", "mlp.experts.7.down_proj",
                "mlp.shared_experts.up_proj" }.Select(name => $"model.layers.1.{name}.weight").ToHashSet(), names);
        Assert.Contains("model.layers.1.mlp.gate.e_score_correction_bias", names);
    }

    [Fact]
    public void Read_RotaryFactorOfNewFiles_IsTheSame()
    {
        var newer = Read(
            """
            { "model_type": "glm4_moe", "head_dim": 128,
              "rope_parameters": { "rope_type": "default", "rope_theta": 1000000, "partial_rotary_factor": 0.25 } }
            """);

        Assert.Equal((32, 1e6), (newer.Attention.RotaryWidth, newer.RopeTheta));
    }

    [Theory]
    [InlineData("kv_lora_rank", "512", "kv_lora_rank", "not a key of model_type glm4_moe")]
    [InlineData("moe_layer_freq", "1", "moe_layer_freq", "not a key of model_type glm4_moe")]
    [InlineData("rope_interleave", "false", "rope_interleave", "choose model_type deepseek_v3")]
    [InlineData("num_key_value_heads", "5", "num_key_value_heads", "a divisor of num_attention_heads = 96")]
    [InlineData("num_key_value_heads", "0", "num_key_value_heads", "from 1")]
    [InlineData("num_key_value_heads", "-1", "num_key_value_heads", "from 1")]
    [InlineData("model_type", "\"glm4_mo\"", "model_type", "glm4_moe")]
    [InlineData("num_attention_heads", "12", "num_key_value_heads", "the default is 8")]
    [InlineData("head_dim", "10", "partial_rotary_factor", "leaves 5")]
    [InlineData("partial_rotary_factor", "0", "partial_rotary_factor", "leaves 0")]
    [InlineData("partial_rotary_factor", "1.5", "partial_rotary_factor", "from 0 to 1")]
    [InlineData("head_dim", "null", "head_dim", "4096 / 96 is not a whole number")]
    [InlineData("use_qk_norm", "3", "use_qk_norm", "true or false")]
    public void Read_OneMistake_IsNamed(string key, string value, string where, string allowed)
    {
        var json = (JsonObject)JsonNode.Parse(GlmAir)!;
        json[key] = JsonNode.Parse(value);
        var problems = new List<ConfigProblem>();

        ModelFamilies.Default.Read(new ConfigReader(json, "", problems));

        var problem = Assert.Single(problems);
        Assert.Equal(where, problem.Key);
        Assert.Contains(allowed, problem.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GroupedKeysInALatentNetwork_AreRefused()
    {
        var problems = new List<ConfigProblem>();

        ModelFamilies.Default.Read(
            new ConfigReader((JsonObject)JsonNode.Parse("""{ "use_qk_norm": true, "partial_rotary_factor": 0.5 }""")!, "", problems));

        Assert.Equal(["partial_rotary_factor", "use_qk_norm"], problems.Select(problem => problem.Key).Order());
        Assert.All(problems, problem => Assert.Contains("glm4_moe", problem.Allowed, StringComparison.Ordinal));
    }

    private static DecoderConfig Read(string json)
    {
        var problems = new List<ConfigProblem>();
        var config = ModelFamilies.Default.Read(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "", problems));
        Assert.Empty(problems);
        return config;
    }
}
