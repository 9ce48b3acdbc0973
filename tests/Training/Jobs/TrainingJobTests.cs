using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models;
using Distributed.Models.Layers;
using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class TrainingJobTests
{
    private static readonly string[] Changed =
    [
        "seed=7", "data.evaluation=[.]", "data.evaluation_fraction=0.1", "data.cache=here", "data.document_boundaries=true",
        "training.accumulation=2", "training.overlap=true", "training.precision=fp64", "training.optimizer=muon",
        "training.learning_rate=2e-3", "training.muon_learning_rate=0.1", "training.betas=[0.7, 0.8]", "training.epsilon=1e-9",
        "training.weight_decay=0.2", "training.clip=2", "training.schedule=deepseek_v3", "training.min_ratio=0.2",
        "training.balance_loss=1e-3", "training.z_loss=1e-3", "training.bias_update_speed=0", "training.mtp_loss_weight=0.1",
        "parallel.replicas=2", "parallel.link_latency_us=3", "parallel.link_gb_s=0.5", "parallel.threads_per_worker=3",
        "evaluation.every=5", "evaluation.at_end=false", "evaluation.max_sequences=9",
        "checkpoint.directory=there", "checkpoint.every=3", "checkpoint.keep=4",
        "sample.prompt=Hello", "sample.tokens=3", "sample.temperature=0", "sample.top_p=0.5",
    ];

    [Fact]
    public void Json_EveryKeyChanged_RoundTrips()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml", Changed);
        var plain = JobFile.Parse(JobText.Small, "small.yaml").ToJson();

        var json = job.ToJson();
        var back = TrainingJob.FromJson((JsonObject)JsonNode.Parse(json.ToJsonString())!);

        Assert.Equal(json.ToJsonString(), back.ToJson().ToJsonString());
        foreach (var change in Changed)
        {
            var path = change.Split('=')[0].Split('.');
            Assert.NotEqual(At(plain, path)?.ToJsonString(), At(json, path)?.ToJsonString());
        }
    }

    [Fact]
    public void ModelKeys_EveryPropertyChanged_RoundTrip()
    {
        var config = new DecoderConfig
        {
            VocabSize = 300, HiddenSize = 10, IntermediateSize = 11, MoeIntermediateSize = 12, NumHiddenLayers = 13,
            NumNextnPredictLayers = 2,
            NumAttentionHeads = 3, NSharedExperts = 4, NRoutedExperts = 12, NumExpertsPerTok = 3, NGroup = 3, TopkGroup = 2,
            RoutedScalingFactor = 1.5,
            NormTopkProb = false, FirstKDenseReplace = 1, MoeLayerFreq = 2, QLoraRank = 9, KvLoraRank = 8,
            QkNopeHeadDim = 7, QkRopeHeadDim = 6,
            VHeadDim = 5, MaxPositionEmbeddings = 99, InitializerRange = 0.01, RmsNormEps = 1e-5, RopeTheta = 5000, RopeInterleave = false,
            TieWordEmbeddings = true, AttentionBias = true,
            RopeScaling = new YarnScaling
            {
                Factor = 4, OriginalMaxPositionEmbeddings = 64, BetaFast = 31, BetaSlow = 2, Mscale = 0.5, MscaleAllDim = 0.6,
                AttentionFactor = 1.1
            },
        };
        AssertRoundTrip(config, nameof(DecoderConfig.GroupedQuery));
    }

    [Fact]
    public void ModelKeys_GroupedQueryAttention_RoundTrips()
    {
        var shape = new GroupedQueryShape { NumKeyValueHeads = 3, HeadDim = 20, PartialRotaryFactor = 0.3, UseQkNorm = true };
        foreach (var property in typeof(GroupedQueryShape).GetProperties().Where(property => property.CanWrite))
            Assert.NotEqual(property.GetValue(new GroupedQueryShape()), property.GetValue(shape));
        var config = new DecoderConfig
        {
            VocabSize = 300, HiddenSize = 10, IntermediateSize = 11, MoeIntermediateSize = 12, NumHiddenLayers = 13,
            NumNextnPredictLayers = 2,
            NumAttentionHeads = 6, NSharedExperts = 4, NRoutedExperts = 12, NumExpertsPerTok = 3, NGroup = 3, TopkGroup = 2,
            RoutedScalingFactor = 1.5,
            NormTopkProb = false, FirstKDenseReplace = 2, MaxPositionEmbeddings = 99, InitializerRange = 0.01,
            RmsNormEps = 1e-7, RopeTheta = 5000,
            TieWordEmbeddings = true, AttentionBias = true, GroupedQuery = shape,
            RopeScaling = new YarnScaling { Factor = 4, OriginalMaxPositionEmbeddings = 64 },
        };
        AssertRoundTrip(config,
            nameof(DecoderConfig.MoeLayerFreq), nameof(DecoderConfig.QLoraRank), nameof(DecoderConfig.KvLoraRank),
            nameof(DecoderConfig.QkNopeHeadDim),
            nameof(DecoderConfig.QkRopeHeadDim), nameof(DecoderConfig.VHeadDim), nameof(DecoderConfig.RopeInterleave));
    }

    // Properties that this kind of network does not have keep their defaults.
    private static void AssertRoundTrip(DecoderConfig config, params string[] unused)
    {
        foreach (var property in typeof(DecoderConfig).GetProperties()
            .Where(property => property.CanWrite && !unused.Contains(property.Name)))
            Assert.NotEqual(property.GetValue(new DecoderConfig()), property.GetValue(config));

        var problems = new List<ConfigProblem>();
        var back = DecoderConfig.Read(new ConfigReader(ModelKeys.Write(config), "model", problems));

        Assert.Empty(problems);
        Assert.Equal(config, back);
    }

    [Fact]
    public void Vocabulary_NotGiven_IsTheTokenizers()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml");

        Assert.True(job.VocabularyFromTokenizer);
        Assert.Null(job.ToJson()["model"]!["vocab_size"]);
        var settled = job.WithVocabulary(500);
        Assert.Equal(500, settled.Model.VocabSize);
        Assert.False(settled.VocabularyFromTokenizer);
        Assert.NotEqual(Precision.Auto, settled.Training.Precision);
    }

    [Fact]
    public void Vocabulary_SmallerThanTheTokenizers_IsRefused()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml", "model.vocab_size=600");

        Assert.Equal(600, job.WithVocabulary(512).Model.VocabSize);
        var error = Assert.Throws<ConfigException>(() => job.WithVocabulary(601));
        Assert.Contains("model.vocab_size = 600", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelConfigFile_UnknownKeysAreIgnoredAndTheJobsKeysTakePrecedence()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("config.json", """
            { "architectures": ["DeepseekV3ForCausalLM"], "bos_token_id": 0, "torch_dtype": "bfloat16", "attention_dropout": 0.0,
              "model_type": "deepseek_v3", "vocab_size": 1000, "hidden_size": 999, "q_lora_rank": 24 }
            """);

        var job = JobFile.Parse(JobText.Small.Replace("q_lora_rank: null", "config: " + path, StringComparison.Ordinal), "small.yaml");

        Assert.Equal(32, job.Model.HiddenSize);
        Assert.Equal(24, job.Model.QLoraRank);
        Assert.Equal(1000, job.Model.VocabSize);
    }

    [Fact]
    public void ModelConfigFile_OfGroupedQueryAttention_KeepsItsHeads()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("config.json", """
            { "architectures": ["Glm4MoeForCausalLM"], "model_type": "glm4_moe", "num_attention_heads": 4, "num_key_value_heads": 2,
              "head_dim": 16, "use_cache": true }
            """);

        var job = JobFile.Parse($"{{ name: glm, model: {{ config: {path} }} }}", "glm.yaml");

        Assert.Equal((2, 16), (job.Model.GroupedQuery!.NumKeyValueHeads, job.Model.GroupedQuery.HeadDim));
    }

    [Fact]
    public void LatentAttentionKeys_WithGroupedQueryAttention_AreAllReported()
    {
        var error = Assert.Throws<ConfigException>(
            () => JobFile.Parse(JobText.Small, "small.yaml", "model.model_type=glm4_moe", "model.num_key_value_heads=1"));
        Assert.Equal(
            ["model.kv_lora_rank", "model.qk_nope_head_dim", "model.qk_rope_head_dim", "model.v_head_dim"],
            error.Problems.Select(problem => problem.Key).Order());
    }

    [Fact]
    public void UnknownModelKey_InTheJob_IsRefused()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(JobText.Small, "small.yaml", "model.torch_dtype=bfloat16"));

        Assert.Equal("model.torch_dtype", Assert.Single(error.Problems).Key);
    }

    [Fact]
    public void Precision_SetByTheJob_IsKept()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml", "training.precision=fp64");

        Assert.Equal(Precision.Fp64, job.WithVocabulary(500).Training.Precision);
        var narrow = JobFile.Parse(JobText.Small, "small.yaml", "training.precision=bf16");
        Assert.Equal(Precision.Bf16, narrow.WithVocabulary(500).Training.Precision);
    }

    private static JsonNode? At(JsonNode json, string[] path) => path.Aggregate((JsonNode?)json, (node, key) => node?[key]);
}
