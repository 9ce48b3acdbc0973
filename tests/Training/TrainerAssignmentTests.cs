using System.Collections.Immutable;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests;

public sealed class TrainerAssignmentTests
{
    private static readonly TrainingJob Job = JobFile.Parse("""
        name: assigned
        model:
          { model_type: deepseek_v3, num_hidden_layers: 2, first_k_dense_replace: 1, n_routed_experts: 16, n_group: 1, topk_group: 1,
            num_experts_per_tok: 2 }
        training: { steps: 5, warmup_steps: 0, precision: fp32 }
        """, "assigned.yaml");

    [Fact]
    public void WithVocabulary_SetsTheVocabularyOfBothJobs()
    {
        var requested = Job with { Parallel = Job.Parallel with { Workers = 8 } };

        var final = new TrainerAssignment { Job = Job, RequestedJob = requested, Placement = Empty }.WithVocabulary(321);

        Assert.Equal((321, 4), (final.Job.Model.VocabSize, final.Job.Parallel.Workers));
        Assert.Equal((321, 8), (final.RequestedJob!.Model.VocabSize, final.RequestedJob.Parallel.Workers));
    }

    [Fact]
    public void WithVocabulary_WithoutARequestedJob_HasNone() =>
        Assert.Null(new TrainerAssignment { Job = Job, Placement = Empty }.WithVocabulary(321).RequestedJob);

    private static ImmutableDictionary<int, ImmutableArray<ImmutableArray<int>>> Empty =>
        ImmutableDictionary<int, ImmutableArray<ImmutableArray<int>>>.Empty;
}
