using Distributed.Configuration;
using Distributed.Models.Layers;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class RecomputeTests
{
    [Theory]
    [InlineData("none", Recomputation.None)]
    [InlineData("layers", Recomputation.Layers)]
    [InlineData("[norms]", Recomputation.Norms)]
    [InlineData("mla_up", Recomputation.MlaUp)]
    [InlineData("[swiglu, norms, mla_up]", Recomputation.Norms | Recomputation.SwiGlu | Recomputation.MlaUp)]
    public void Recompute_AWordOrAList_IsReadAndWrittenBack(string text, Recomputation expected)
    {
        var job = Parse($"training.recompute={text}");
        Assert.Equal(expected, job.Training.Recompute);
        Assert.Equal(expected, TrainingJob.FromJson(job.ToJson()).Training.Recompute);
    }

    [Theory]
    [InlineData("\"attention\" is none of these", "training.recompute=attention")]
    [InlineData("\"layers\" cannot be combined with others", "training.recompute=[norms, layers]")]
    [InlineData("only the fused kernels", "training.recompute=[norms]", "kernels=plain")]
    [InlineData(
        "neither dense layers nor shared experts",
        "training.recompute=[swiglu]", "model.n_shared_experts=0", "model.first_k_dense_replace=0")]
    public void Recompute_UnknownOrWithoutEffect_IsRefused(string reason, params string[] changes)
    {
        var problem = Assert.Single(Assert.Throws<ConfigException>(() => Parse(changes)).Problems);
        Assert.Equal("training.recompute", problem.Key);
        Assert.Contains(reason, problem.ToString(), StringComparison.Ordinal);
    }

    private static TrainingJob Parse(params string[] changes) => JobFile.Parse(JobText.Small, "small.yaml", changes);
}
