using Distributed.Configuration;
using Distributed.Models;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

/// <summary>What the objective of a job changes and needs in other sections.</summary>
public sealed class ObjectiveJobTests
{
    private static readonly string[] Sft = ["objective.kind=sft", "data.examples=[.]", "data.tokenizer=/dev/null"];

    [Fact]
    public void Job_AfterPreTraining_LeavesTheMixtureAsItIsUnlessAskedFor()
    {
        static double[] Factors(TrainingJob job) =>
            [job.Training.BiasUpdateSpeed, job.Training.BalanceLoss, job.Training.MtpLossWeight];
        Assert.Equal([1e-3, 1e-4, 0.3], Factors(Read()));
        Assert.Equal([0, 0, 0], Factors(Read(Sft)));
        Assert.Equal(0.5, Read([.. Sft, "training.balance_loss=0.5"]).Training.BalanceLoss);
    }

    [Fact]
    public void Job_OfARewardModel_HasAScoreAndNoOutputHead()
    {
        var job = Read([.. Sft, "objective.kind=reward_model", "model.num_nextn_predict_layers=1"]);
        Assert.Equal((DecoderHeads.Score, 0, 0), (job.Model.Heads, job.Model.NumNextnPredictLayers, job.Sample.Tokens));
        var names = Decoder.TensorsOf(job.Model).Select(tensor => tensor.Name).ToList();
        Assert.Contains(Decoder.ScoreName, names);
        Assert.DoesNotContain("lm_head.weight", names);
        Assert.Equal(job, TrainingJob.FromJson(job.ToJson()) with { Data = job.Data });
    }

    [Theory]
    [InlineData("data.examples", "required by objective.kind: sft", "objective.kind=sft", "data.tokenizer=/dev/null")]
    [InlineData("data.tokenizer", "required by objective.kind: dpo", "objective.kind=dpo", "data.examples=[.]", "checkpoint.initial=.")]
    [InlineData("checkpoint.initial", "which is the reference too", "objective.kind=dpo", "data.examples=[.]", "data.tokenizer=/dev/null")]
    [InlineData("objective.teacher", "required by kind: distillation", "objective.kind=distillation", "data.examples=[.]",
        "data.tokenizer=/dev/null")]
    [InlineData("objective.label_smoothing", "allowed with loss: ipo: 0", "objective.kind=dpo", "objective.loss=ipo",
        "objective.label_smoothing=0.1", "data.examples=[.]", "data.tokenizer=/dev/null", "checkpoint.initial=.")]
    [InlineData("data.examples", "allowed with objective.kind: pretraining: none", "data.examples=[.]")]
    [InlineData("training.mtp_loss_weight", "no output head", "objective.kind=reward_model", "data.examples=[.]",
        "data.tokenizer=/dev/null", "training.mtp_loss_weight=0.1")]
    [InlineData("objective.beta", "allowed: a number", "objective.beta=0")]
    [InlineData("objective.margin", "allowed: a number", "objective.margin=1e308")]
    [InlineData("model.heads", "a network with an output head", "objective.kind=sft", "model.heads=score", "data.examples=[.]",
        "data.tokenizer=/dev/null")]
    [InlineData("sample.tokens", "generates no text", "objective.kind=reward_model", "sample.tokens=5", "data.examples=[.]",
        "data.tokenizer=/dev/null")]
    [InlineData("checkpoint.initial", "no such file or folder", "checkpoint.initial=no-such-run")]
    public void Job_WithoutWhatItsObjectiveNeeds_IsRefused(string key, string message, params string[] changes)
    {
        var error = Assert.Throws<ConfigException>(() => Read(changes));
        var problem = Assert.Single(error.Problems);
        Assert.Equal(key, problem.Key);
        Assert.Contains(message, problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("objective.beta", "objective.kind is sft", "objective.beta=0.5")]
    [InlineData("objective.temperature", "objective.kind is sft", "objective.temperature=2")]
    [InlineData("data.corpus", "trained on data.examples", "data.corpus=.")]
    public void Job_WithKeysOfAnotherObjective_IsWarnedOf(string key, string reason, string change)
    {
        var text = JobText.Small.Replace("  vocabulary: 512\n", "", StringComparison.Ordinal);
        var warning = Assert.Single(JobFile.ReadText(text, "small.yaml", [.. Sft, change]).Warnings);
        Assert.Equal([key], warning.Keys);
        Assert.Contains(reason, warning.Text, StringComparison.Ordinal);
    }

    private static TrainingJob Read(params string[] changes) => JobFile.ReadText(JobText.Small, "small.yaml", changes).Job;
}
