using Distributed.Models.Layers;
using Distributed.Models.Families;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Models.Tests.Families;

public sealed class ConfigMistakesTests
{
    [Theory]
    [InlineData("{}", 1536)]
    [InlineData("""{"q_lora_rank": null}""", null)]
    [InlineData("""{"q_lora_rank": 8}""", 8)]
    public void Read_QueryRank_DefaultsToThePublishedOne(string json, int? rank)
    {
        var problems = new List<ConfigProblem>();

        var config = ModelFamilies.Default.Read(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "", problems));

        Assert.Empty(problems);
        Assert.Equal(rank, ((LatentAttentionShape)config.Attention).QLoraRank);
    }

    [Theory]
    [InlineData("""{"type": "yarn", "factor": 4, "beta_fast": 0}""", "rope_scaling.beta_fast")]
    [InlineData("""{"type": "yarn", "factor": 4, "beta_slo": 2}""", "rope_scaling.beta_slo")]
    [InlineData("""{"type": "yarn"}""", "rope_scaling.factor")]
    [InlineData("""{"type": "yarn", "factor": 0.5}""", "rope_scaling.factor")]
    public void Read_YarnMistake_IsNamed(string json, string key)
    {
        var problems = new List<ConfigProblem>();

        ModelFamilies.Default.Read(new ConfigReader(new JsonObject { ["rope_scaling"] = JsonNode.Parse(json) }, "", problems));

        Assert.Equal(key, Assert.Single(problems).Key);
    }

    [Theory]
    [InlineData(
        "deepseek_v3", "vocab_size", "hidden_size", "intermediate_size", "moe_intermediate_size", "num_hidden_layers",
        "num_nextn_predict_layers", "num_attention_heads", "n_shared_experts", "n_routed_experts", "num_experts_per_tok", "n_group",
        "topk_group", "max_position_embeddings", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")]
    [InlineData("glm4_moe", "num_key_value_heads", "head_dim")]
    public void Read_DimensionFarBeyondAnyModel_IsRefusedByItsKey(string family, params string[] keys)
    {
        foreach (var key in keys)
        {
            var problems = new List<ConfigProblem>();

            var keysOfOne = new JsonObject { ["model_type"] = family, [key] = int.MaxValue };
            ModelFamilies.Default.Read(new ConfigReader(keysOfOne, "", problems));

            Assert.Contains(problems, problem => problem.Key == key && problem.Value == "2147483647");
        }
    }

    [Fact]
    public void Read_MoreExpertsThanAPlanCanHold_IsRefused()
    {
        var problems = new List<ConfigProblem>();

        var keys = new JsonObject { ["num_hidden_layers"] = 4096, ["n_routed_experts"] = 65536 };
        ModelFamilies.Default.Read(new ConfigReader(keys, "", problems));

        Assert.Contains("524288 in all", Assert.Single(problems).Allowed, StringComparison.Ordinal);
    }
}
