using System.Text.Json.Nodes;
using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class JobPlanningTests
{
    private static readonly TrainingJob Job = JobFile.Parse("""
        name: planned
        model:
          { model_type: deepseek_v3, num_hidden_layers: 3, first_k_dense_replace: 1, n_routed_experts: 16, n_group: 1, topk_group: 1,
            num_experts_per_tok: 2 }
        training: { steps: 70, warmup_steps: 0, global_batch: 24, accumulation: 2, precision: bf16 }
        parallel: { workers: 6, replicas: 2 }
        recovery: { every: 7, share: 0.1, spares: 1, min_workers: 3, wait_seconds: 9 }
        """, "planned.yaml");

    [Fact]
    public void PlanRequest_OfAJob_HasItsGridExpertsBatchAndPrecision()
    {
        var plan = Job.ToPlanRequest();

        Assert.Equal([1, 2], plan.MoeLayers);
        Assert.Equal(
            new PlanRequest("planned", new RankGrid(3, 2), 16, plan.MoeLayers, GlobalBatch: 24, Accumulation: 2, Steps: 70)
            {
                Precision = Precision.Bf16,
            },
            plan);
    }

    [Fact]
    public void Policy_OfASection_HasItsSettings() => Assert.Equal(
        new RecoveryPolicy
        {
            Every = 7, Share = 0.1, Spares = 1, MinWorkers = 3, ReplacementTimeout = TimeSpan.FromSeconds(9),
        },
        Job.Recovery.ToPolicy());

    [Fact]
    public void Description_OfAJob_HasTheWholeJobAsJson()
    {
        var description = Job.Describe();

        Assert.Equal(6, description.Workers);
        Assert.Equal(Job.Recovery.ToPolicy(), description.Recovery);
        Assert.True(JsonNode.DeepEquals(Job.ToJson(), TrainingJob.FromJson((JsonObject)JsonNode.Parse(description.JobJson)!).ToJson()));
    }
}
