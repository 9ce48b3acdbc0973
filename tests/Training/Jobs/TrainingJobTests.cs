using System.Text.Json.Nodes;
using Distributed.Configuration;
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
        Assert.Equal(24, ((LatentAttentionShape)job.Model.Attention).QLoraRank);
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

        var shape = Assert.IsType<GroupedQueryShape>(job.Model.Attention);
        Assert.Equal((2, 16), (shape.NumKeyValueHeads, shape.HeadDim));
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
