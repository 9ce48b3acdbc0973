using Distributed.Models.Families;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Models.Tests.Families;

public sealed class DecoderConfigTests
{
    [Fact]
    public void Read_MistakesOfEveryKind_ListsThemAll()
    {
        var problems = Read("""
            { "hidden_size": "wide", "num_hidden_layers": 0, "n_routed_experts": 10, "n_group": 4, "qk_rope_head_dim": 7,
              "hidden_act": "gelu", "rope_scaling": { "type": "yarn", "factor": -1 }, "norm_topk_prob": 3 }
            """);
        Assert.Equal(
            ["hidden_act", "hidden_size", "n_group", "norm_topk_prob", "num_hidden_layers", "qk_rope_head_dim", "rope_scaling.factor"],
            problems.Select(problem => problem.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_TooFewGroupsForTheExperts_ReportsTheRequirement()
    {
        var problem = Assert.Single(Read("""{ "n_routed_experts": 16, "n_group": 8, "topk_group": 2, "num_experts_per_tok": 6 }"""));
        Assert.Equal("topk_group", problem.Key);
        Assert.Contains("num_experts_per_tok = 6", problem.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hiden_size", "hidden_size")]
    [InlineData("num_hidden_layer", "num_hidden_layers")]
    [InlineData("xyz", null)]
    public void Nearest_MisspeltKey_IsTheOneMeant(string word, string? meant) =>
        Assert.Equal(meant, ConfigReader.Nearest(word, ["hidden_size", "num_hidden_layers", "vocab_size"]));

    [Fact]
    public void Read_RotarySettingsOfOldAndNewFiles_AreTheSame()
    {
        const string Yarn = """ "factor": 4, "original_max_position_embeddings": 128, "beta_fast": 4 """;
        var (older, newer) = (new List<ConfigProblem>(), new List<ConfigProblem>());
        var expected = ModelFamilies.Default.Read(
            Reader($$"""{ "rope_theta": 50000, "rope_scaling": { "type": "yarn", {{Yarn}} } }""", older));
        var actual = ModelFamilies.Default.Read(
            Reader($$"""{ "rope_parameters": { "rope_type": "yarn", "rope_theta": 50000, {{Yarn}} } }""", newer));
        Assert.Empty(older.Concat(newer));
        Assert.Equal(50000, actual.RopeTheta);
        Assert.NotNull(actual.RopeScaling);
        Assert.Equal(expected, actual);
    }

    private static ConfigReader Reader(string json, List<ConfigProblem> problems) => new((JsonObject)JsonNode.Parse(json)!, "", problems);

    private static IReadOnlyList<ConfigProblem> Read(string json)
    {
        var problems = new List<ConfigProblem>();
        ModelFamilies.Default.Read(Reader(json, problems));
        return problems;
    }
}
