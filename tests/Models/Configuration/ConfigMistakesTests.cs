using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using Distributed.Models.DeepSeekV3;

namespace Distributed.Models.Tests.Configuration;

public sealed class ConfigMistakesTests
{
    [Theory]
    [InlineData("{}", 1536)]
    [InlineData("""{"q_lora_rank": null}""", null)]
    [InlineData("""{"q_lora_rank": 8}""", 8)]
    public void Read_QueryRank_IsThePublishedOneUnlessItSaysOtherwise(string json, int? rank)
    {
        var problems = new List<ConfigProblem>();

        var config = DeepSeekV3Config.Read(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "", problems));

        Assert.Empty(problems);
        Assert.Equal(rank, config.QLoraRank);
    }

    [Theory]
    [InlineData("""{"type": "yarn", "factor": 4, "beta_fast": 0}""", "rope_scaling.beta_fast")]
    [InlineData("""{"type": "yarn", "factor": 4, "beta_slo": 2}""", "rope_scaling.beta_slo")]
    [InlineData("""{"type": "yarn"}""", "rope_scaling.factor")]
    public void Read_YarnMistake_IsNamed(string json, string key)
    {
        var problems = new List<ConfigProblem>();

        DeepSeekV3Config.Read(new ConfigReader(new JsonObject { ["rope_scaling"] = JsonNode.Parse(json) }, "", problems));

        Assert.Equal(key, Assert.Single(problems).Key);
    }
}
