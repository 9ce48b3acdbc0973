using Distributed.Models.Layers;
using Distributed.Models.Families;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Models.Tests.Families;

/// <summary>Repeated rotary settings of a configuration must be equal; a contradiction is reported by key.</summary>
public sealed class RotarySettingsTests
{
    private const string Yarn = """{ "type": "yarn", "factor": 4, "original_max_position_embeddings": 64 }""";

    [Theory]
    [InlineData("""{ "rope_scaling": null }""", 10000, null)]
    [InlineData("""{ "rope_scaling": {} }""", 10000, null)]
    [InlineData("""{ "rope_parameters": { "rope_theta": 5000 } }""", 5000, null)]
    [InlineData("""{ "rope_parameters": { "rope_type": "default", "rope_theta": 5000 }, "rope_scaling": null }""", 5000, null)]
    [InlineData("""{ "rope_theta": 5000, "rope_parameters": { "rope_type": "default", "rope_theta": 5000.0 } }""", 5000, null)]
    [InlineData("""{ "rope_scaling": { "type": "yarn", "rope_type": "yarn", "factor": 4, "rope_theta": 7000 } }""", 7000, 4.0)]
    [InlineData(
        """{ "rope_scaling": { "type": "yarn", "factor": 4, "attention_factor": null }, """
        + """ "rope_parameters": { "rope_type": "yarn", "factor": 4.0, "rope_theta": 7000 } }""",
        7000, 4.0)]
    [InlineData("""{ "rope_scaling": { "rope_type": "yarn", "factor": 4 }, "rope_parameters": { "rope_theta": 7000 } }""", 7000, 4.0)]
    public void Read_ConsistentSettings_AreRead(string json, double theta, double? factor)
    {
        var (config, problems) = Read(json);

        Assert.Empty(problems);
        Assert.Equal((theta, factor), (config.RopeTheta, config.RopeScaling?.Factor));
    }

    [Theory]
    [InlineData("""{ "rope_scaling": { "factor": 4 } }""", "rope_scaling.rope_type", "missing, but the section sets factor")]
    [InlineData(
        """{ "rope_parameters": { "rope_theta": 9, "beta_fast": 4 } }""", "rope_parameters.rope_type",
        "missing, but the section sets beta_fast")]
    [InlineData(
        """{ "rope_scaling": { "type": "yarn", "rope_type": "default", "factor": 4 } }""", "rope_scaling.rope_type",
        "contradicts type = yarn")]
    [InlineData(
        """{ "rope_scaling": { "rope_type": "default", "factor": 4 } }""", "rope_scaling.factor",
        "has no effect with rope_type default")]
    [InlineData("""{ "rope_scaling": { "rope_type": null } }""", "rope_scaling.rope_type", "one of yarn, default")]
    [InlineData("""{ "rope_scaling": { "type": "linear", "factor": 4 } }""", "rope_scaling.type", "one of yarn, default")]
    [InlineData(
        """{ "rope_theta": 10000, "rope_parameters": { "rope_theta": 5000 } }""", "rope_parameters.rope_theta",
        "contradicts rope_theta = 10000")]
    [InlineData(
        """{ "rope_theta": 10000, "rope_scaling": { "type": "yarn", "factor": 4, "rope_theta": 5000 } }""", "rope_scaling.rope_theta",
        "contradicts rope_theta = 10000")]
    [InlineData(
        """{ "rope_scaling": { "type": "yarn", "factor": 4 }, "rope_parameters": { "rope_type": "default" } }""", "rope_scaling",
        "contradicts rope_parameters")]
    [InlineData(
        """{ "rope_scaling": { "type": "yarn", "factor": 4 }, "rope_parameters": { "rope_type": "yarn", "factor": 8 } }""",
        "rope_scaling", "contradicts rope_parameters")]
    [InlineData(
        """{ "rope_scaling": { "type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 32 } }""", "rope_scaling.beta_fast",
        "contradicts beta_slow = 32")]
    [InlineData("""{ "rope_scaling": { "typ": "yarn" } }""", "rope_scaling.typ", "no such key")]
    [InlineData("""{ "rope_scaling": "yarn" }""", "rope_scaling", "a section")]
    [InlineData(
        """{ "rope_parameters": { "partial_rotary_factor": 0.5 } }""", "rope_parameters.partial_rotary_factor",
        "not a key of model_type deepseek_v3")]
    [InlineData(
        """{ "model_type": "glm4_moe", "head_dim": 128, "partial_rotary_factor": 0.5, """
        + """ "rope_parameters": { "partial_rotary_factor": 0.25 } }""",
        "rope_parameters.partial_rotary_factor", "contradicts partial_rotary_factor = 0.5")]
    public void Read_InvalidOrContradictingSettings_AreRefusedByKey(string json, string key, string allowed)
    {
        var problem = Assert.Single(Read(json).Problems);

        Assert.Equal(key, problem.Key);
        Assert.Contains(allowed, problem.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n_routed_experts")]
    [InlineData("n_shared_experts")]
    [InlineData("q_lora_rank")]
    [InlineData("rope_scaling")]
    public void Read_NullOfAnOptionalKey_MeansNone(string key)
    {
        var (config, problems) = Read(
            $$"""{ "rope_scaling": {{Yarn}}, "{{key}}": null }""".Replace(key == "rope_scaling" ? $"\"rope_scaling\": {Yarn}, " : "\0", "",
                StringComparison.Ordinal));

        Assert.Empty(problems);
        Assert.True(key switch
        {
            "n_routed_experts" => config.NRoutedExperts == 0,
            "n_shared_experts" => config.NSharedExperts == 0,
            "q_lora_rank" => ((LatentAttentionShape)config.Attention).QLoraRank is null,
            _ => config.RopeScaling is null,
        });
    }

    [Theory]
    [InlineData("deepseek_v3", "vocab_size", "hidden_size", "intermediate_size", "moe_intermediate_size", "num_hidden_layers",
        "num_nextn_predict_layers", "num_attention_heads",
        "num_experts_per_tok", "n_group", "topk_group", "routed_scaling_factor", "norm_topk_prob", "first_k_dense_replace",
        "max_position_embeddings", "initializer_range", "rms_norm_eps",
        "rope_theta", "tie_word_embeddings", "attention_bias", "moe_layer_freq", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
        "v_head_dim", "rope_interleave", "hidden_act",
        "scoring_func", "topk_method")]
    [InlineData("glm4_moe", "n_routed_experts", "n_shared_experts", "num_key_value_heads", "partial_rotary_factor", "use_qk_norm")]
    public void Read_NullOfAnyOtherKey_IsRefusedByKey(string type, params string[] keys)
    {
        foreach (var key in keys)
        {
            var problem = Assert.Single(
                Read($$"""{ "model_type": "{{type}}", "head_dim": 128, "{{key}}": null }"""
                    .Replace(type == "deepseek_v3" ? "\"head_dim\": 128, " : "\0", "", StringComparison.Ordinal)).Problems);
            Assert.Equal((key, "null"), (problem.Key, problem.Value));
        }
    }

    private static (DecoderConfig Config, List<ConfigProblem> Problems) Read(string json)
    {
        var problems = new List<ConfigProblem>();
        return (ModelFamilies.Default.Read(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "", problems)), problems);
    }
}
