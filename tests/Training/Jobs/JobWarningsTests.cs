using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

/// <summary>Warnings name the keys of a valid job that have no effect.</summary>
public sealed class JobWarningsTests
{
    private const string ScheduleKeys = "training.schedule, training.steps, training.warmup_steps";
    private const string CosineKeys = ScheduleKeys + ", training.min_ratio";
    private const string RouterKeys = "model.num_experts_per_tok, model.norm_topk_prob, training.balance_loss";
    private static readonly string[] Dense = ["model.n_routed_experts=0", "parallel.workers=1"];

    [Fact]
    public void Job_AllKeysHaveAnEffect_HasNoWarnings() => Assert.Empty(Warnings());

    [Theory]
    [InlineData(CosineKeys, "no step has a learning rate above 0", "training.steps=1", "training.warmup_steps=0", "training.min_ratio=0")]
    [InlineData(CosineKeys, "never reaches its peak with 1 step and", "training.steps=1", "training.warmup_steps=0")]
    [InlineData(CosineKeys, "the highest is 0.9", "training.warmup_steps=10")]
    [InlineData(ScheduleKeys, "never reaches its peak", "training.schedule=multistep", "training.warmup_steps=9")]
    [InlineData(
        ScheduleKeys, "never reaches its peak",
        "training.schedule=deepseek_v3", "training.steps=2000000000", "training.warmup_steps=1900000000")]
    [InlineData("training.learning_rate", "0 at every step", "training.learning_rate=0")]
    [InlineData("training.min_ratio", "schedule is multistep", "training.schedule=multistep", "training.min_ratio=0.1")]
    [InlineData("training.min_ratio", "schedule is constant", "training.schedule=constant", "training.min_ratio=0.3")]
    [InlineData("training.min_ratio", "schedule is deepseek_v3", "training.schedule=deepseek_v3", "training.min_ratio=0.3")]
    [InlineData("training.muon_learning_rate", "optimizer is adamw", "training.muon_learning_rate=0.1")]
    [InlineData(RouterKeys, "no gradient", "model.num_experts_per_tok=1", "training.balance_loss=0")]
    [InlineData(RouterKeys, "no gradient", "model.n_routed_experts=1", "parallel.workers=1", "model.num_experts_per_tok=1")]
    [InlineData("model.routed_scaling_factor", "neither they nor their router learn", "model.routed_scaling_factor=0")]
    [InlineData(
        "training.balance_loss, training.bias_update_speed", "all 8 experts",
        "model.num_experts_per_tok=8", "training.balance_loss=0.1", "training.bias_update_speed=0.1")]
    [InlineData("model.n_group, model.topk_group", "all 2 groups", "model.n_group=2", "model.topk_group=2")]
    [InlineData("training.mtp_loss_weight", "num_nextn_predict_layers is 0", "training.mtp_loss_weight=0.2")]
    [InlineData(
        "model.num_nextn_predict_layers, training.mtp_loss_weight", "no gradient",
        "model.num_nextn_predict_layers=1", "training.mtp_loss_weight=0")]
    [InlineData("model.intermediate_size", "no dense layers", "model.first_k_dense_replace=0")]
    [InlineData("training.overlap", "nothing is exchanged", "parallel.workers=1", "training.overlap=true", "training.accumulation=2")]
    [InlineData("parallel.link_latency_us", "one worker", "parallel.workers=1", "parallel.link_latency_us=5")]
    [InlineData("data.evaluation_fraction", "data.evaluation names", "data.evaluation=[.]", "data.evaluation_fraction=0.1")]
    [InlineData(
        "evaluation.every, evaluation.max_sequences", "no text is held out",
        "data.evaluation_fraction=0", "evaluation.every=2", "evaluation.max_sequences=3")]
    [InlineData("evaluation.max_sequences", "nothing is scored", "evaluation.at_end=false", "evaluation.max_sequences=3")]
    [InlineData("checkpoint.keep_every", "at the end only", "checkpoint.every=0", "checkpoint.keep_every=3")]
    [InlineData("recovery.share", "recovery.every", "recovery.every=3", "recovery.share=0.1")]
    [InlineData(
        "sample.prompt, sample.temperature, sample.top_p", "nothing is generated",
        "sample.tokens=0", "sample.prompt=a", "sample.temperature=1", "sample.top_p=1")]
    [InlineData("sample.top_p", "the likeliest token", "sample.temperature=0", "sample.top_p=0.5")]
    public void Job_AKeyWithoutEffect_IsNamedWithTheReason(string keys, string reason, params string[] changes)
    {
        var warning = Assert.Single(Warnings(changes));

        Assert.Equal(keys, string.Join(", ", warning.Keys));
        Assert.Contains(reason, warning.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("training.warmup_steps=0")] // a cosine without a warm-up starts just below its peak
    [InlineData("training.warmup_steps=10", "training.schedule=constant")]
    [InlineData("training.optimizer=muon", "training.muon_learning_rate=0.1")]
    [InlineData("model.num_experts_per_tok=1")] // the balance loss has its default
    [InlineData("model.num_experts_per_tok=1", "training.balance_loss=0", "model.norm_topk_prob=false")]
    [InlineData("model.num_experts_per_tok=1", "training.balance_loss=0", "training.z_loss=0.1")]
    [InlineData("training.mtp_loss_weight=0")]
    [InlineData("checkpoint.every=0", "checkpoint.keep_every=0")]
    [InlineData("sample.tokens=0")]
    public void Job_KeysThatHaveAnEffectOrAreOff_AreNotNamed(params string[] changes) => Assert.Empty(Warnings(changes));

    [Fact]
    public void Job_WithoutExperts_NamesAllKeysOfExperts()
    {
        var warnings = Warnings([.. Dense, "training.z_loss=0.1", "training.balance_loss=0.1"]);

        string[] expected =
        [
            "model.moe_intermediate_size", "model.num_experts_per_tok", "model.n_group", "model.topk_group",
            "training.balance_loss", "training.z_loss", "model.first_k_dense_replace",
        ];
        Assert.Equal(expected, warnings.SelectMany(warning => warning.Keys));
    }

    [Fact]
    public void Job_FromACheckpoint_HasWarningsForItsOverridesOnly()
    {
        var kept = JobFile.Parse(JobText.Small, "small.yaml", "training.schedule=multistep", "training.min_ratio=0.3");

        Assert.Empty(JobFile.ReadOverridden(kept, "a checkpoint").Warnings);
        var warning = Assert.Single(JobFile.ReadOverridden(kept, "a checkpoint", "training.min_ratio=0.2").Warnings);
        Assert.Equal(["training.min_ratio"], warning.Keys);
    }

    private static IReadOnlyList<JobWarning> Warnings(params string[] changes) =>
        JobFile.ReadText(JobText.Small, "small.yaml", changes).Warnings;
}
