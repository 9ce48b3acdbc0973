using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Distributed.Models.Accounting;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using TorchSharp;

namespace Distributed.Models.Tests.Accounting;

public sealed class ModelAccountingTests
{
    public static TheoryData<string> Published =>
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), "expected.json")))!["models"]!.AsArray()
            .Select(row => (string)row!["name"]!)];

    [Theory]
    [MemberData(nameof(Published))]
    public void Accounting_OfAPublishedModel_IsExact(string name)
    {
        var row = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), "expected.json")))!["models"]!.AsArray()
            .First(each => (string)each!["name"]! == name)!;
        var path = Path.Combine(Folder(), (string)row["config"]!);
        var type = (string)JsonNode.Parse(File.ReadAllText(path))!["model_type"]!;
        Assert.SkipUnless(type == DeepSeekV3.Family.ModelType, $"{name}: model type {type} is not implemented");

        var accounting = ModelAccounting.Of(ModelConfigFile.Load(path));

        Assert.Equal((long)row["total_parameters"]!, accounting.Total);
        Assert.Equal((long)row["active_parameters"]!, accounting.Active);
        Assert.Equal((long)row["routed_expert_parameters"]!, accounting.Parts.Single(part => part.Name == "routed experts").Parameters);
        Assert.Equal((long)row["embedding_parameters"]!, accounting.Parts[0].Parameters);
        Assert.Equal((long)row["output_head_parameters"]!, accounting.Parts[^1].Parameters);
        Assert.Equal((long)row["kv_cache_bytes_per_token_bf16"]!, accounting.CacheBytesPerToken());
        if (row["mtp_module_parameters_unique"] is not { } unique) return;
        Assert.Equal((long)unique, accounting.MultiTokenPrediction!.Parameters);
        var shared = accounting.Parts[0].Parameters + accounting.Parts[^1].Parameters;
        Assert.Equal((long)row["mtp_module_active_incl_shared_embedding_and_head"]!, accounting.MultiTokenPrediction.Active + shared);
    }

    [Theory]
    [InlineData(false, false, null, 0)]
    [InlineData(true, false, 12, 1)]
    [InlineData(false, true, 12, 2)]
    public void Accounting_OfASmallNetwork_EqualsTheAllocatedParameters(bool tied, bool bias, int? queryRank, int modules)
    {
        var config = DeepSeekV3.Family.Published with
        {
            VocabSize = 50, HiddenSize = 16, IntermediateSize = 24, MoeIntermediateSize = 8, NumHiddenLayers = 3, FirstKDenseReplace = 1,
            NumNextnPredictLayers = modules,
            Attention = new LatentAttentionShape
            {
                NumAttentionHeads = 2, QLoraRank = queryRank, KvLoraRank = 10, QkNopeHeadDim = 6, QkRopeHeadDim = 4, VHeadDim = 7,
                AttentionBias = bias,
            },
            NRoutedExperts = 6, NSharedExperts = 2,
            NumExpertsPerTok = 2, NGroup = 1, TopkGroup = 1, TieWordEmbeddings = tied,
        };
        AssertEqualsTheAllocation(config);
        AssertEqualsTheAllocation(config with { Heads = DecoderHeads.Score, NumNextnPredictLayers = 0 });
        AssertEqualsTheAllocation(config with { Heads = DecoderHeads.LanguageModelAndScore });
    }

    [Theory]
    [InlineData(false, true, 0)]
    [InlineData(true, false, 2)]
    public void Accounting_OfGroupedQueryAttention_EqualsTheAllocatedParameters(bool bias, bool norm, int modules)
    {
        var shape = new GroupedQueryShape
        {
            NumAttentionHeads = 4, NumKeyValueHeads = 2, HeadDim = 6, PartialRotaryFactor = 0.5, UseQkNorm = norm, AttentionBias = bias,
        };
        AssertEqualsTheAllocation(Glm4Moe.Family.Published with
        {
            VocabSize = 50, HiddenSize = 16, IntermediateSize = 24, MoeIntermediateSize = 8, NumHiddenLayers = 3, FirstKDenseReplace = 1,
            NumNextnPredictLayers = modules,
            Attention = shape, NRoutedExperts = 6, NumExpertsPerTok = 2, NGroup = 1, TopkGroup = 1,
        });
    }

    private static void AssertEqualsTheAllocation(DecoderConfig config)
    {
        using var model = new Decoder(config, torch.ScalarType.Float32);

        var accounting = ModelAccounting.Of(config);

        Assert.Equal(model.Parameters.All.Sum(parameter => parameter.Shape.Aggregate(1L, (product, size) => product * size)),
            accounting.Total + (accounting.MultiTokenPrediction?.Parameters ?? 0));
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(here, "../../../golden/model_accounting"));
}
