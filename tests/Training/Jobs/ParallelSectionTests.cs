using Distributed.Configuration;
using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class ParallelSectionTests
{
    [Theory]
    [InlineData("workers: 4", 4, 1)]
    [InlineData("workers: 6\n  replicas: 3", 2, 3)]
    [InlineData("workers: 6\n  expert_parallel: 3", 3, 2)]
    [InlineData("expert_parallel: 2\n  replicas: 3", 2, 3)]
    [InlineData("expert_parallel: 3", 3, 1)]
    [InlineData("workers: 4\n  expert_parallel: 2\n  replicas: null", 2, 2)]
    [InlineData("replicas: 2", 2, 2)]
    [InlineData("workers: 12\n  expert_parallel: 4\n  replicas: 3", 4, 3)]
    [InlineData("workers: 10\n  replicas: 5", 2, 5)] // more workers than experts, but not within one replica
    public void Grid_OfTwoNumbers_HasTheThird(string keys, int expertParallel, int replicas)
    {
        var job = Parse(keys);
        Assert.Equal(new RankGrid(expertParallel, replicas), job.Parallel.Grid);
        Assert.Equal(expertParallel * replicas, job.Parallel.Workers);
    }

    [Theory]
    [InlineData("workers: 4\n  replicas: 3", "parallel.replicas", "a divisor of parallel.workers = 4")]
    [InlineData("workers: 4\n  expert_parallel: 3", "parallel.expert_parallel", "a divisor of parallel.workers = 4")]
    [InlineData("workers: 4\n  expert_parallel: 3\n  replicas: 2", "parallel.replicas", "3 x 2 = 6, but parallel.workers = 4")]
    [InlineData("workers: 9", "parallel.workers", "n_routed_experts = 8 for each of parallel.replicas = 1")]
    [InlineData("workers: 4\n  replicas: 0", "parallel.replicas", "1")]
    [InlineData("workers: many\n  replicas: 2", "parallel.workers", "a whole number")]
    [InlineData("expert_parallel: 9", "parallel.expert_parallel", "n_routed_experts = 8 for each of parallel.replicas = 1")]
    [InlineData("expert_parallel: 300\n  replicas: 300", "parallel.replicas", "at most 65536")]
    [InlineData("workers: 4\n  link_gb_s: 0", "parallel.link_gb_s", "1E-06")]
    [InlineData("workers: 4\n  link_latency_us: -1", "parallel.link_latency_us", "0")]
    public void Numbers_ThatDoNotFit_AreNamedWithTheAllowedValues(string keys, string key, string allowed)
    {
        var problem = Assert.Single(Assert.Throws<ConfigException>(() => Parse(keys)).Problems);
        Assert.Equal(key, problem.Key);
        Assert.Contains(allowed, problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Overlap_OfOneMicroBatch_IsRefused()
    {
        var error = Assert.Throws<ConfigException>(() => JobFile.Parse(JobText.Small, "small.yaml", "training.overlap=true"));
        var problem = Assert.Single(error.Problems);
        Assert.Equal("training.overlap", problem.Key);
        Assert.Contains("training.accumulation of at least 2 (it is 1)", problem.ToString(), StringComparison.Ordinal);
    }

    private static TrainingJob Parse(string keys) =>
        JobFile.Parse(JobText.Small.Replace("workers: 4", keys, StringComparison.Ordinal), "small.yaml");
}
