using System.Collections.Concurrent;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.LocalClusters;
using Distributed.LocalClusters.Threads;
using Distributed.Training;
using Distributed.Training.Jobs;
using Distributed.Transports;
using Distributed.Worker.Roles;

namespace Distributed.Coordinator.Tests.LocalClusters.Threads;

public sealed class ThreadClusterTests
{
    private const string Job = """
        name: ledger
        model:
          { model_type: deepseek_v3, num_hidden_layers: 2, first_k_dense_replace: 1, n_routed_experts: 16, n_group: 1, topk_group: 1,
            num_experts_per_tok: 2 }
        training: { steps: 5, warmup_steps: 0 }
        parallel: { workers: 3 }
        """;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly ConcurrentBag<RecordingRole.Entry> _ledger = [];
    private readonly Notices _notices = new();

    [Fact]
    public async Task Cluster_EveryRankDoesEveryStepOfItsShare()
    {
        var outcome = await Cluster((_, _, _) => { }).RunAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal((JobState.Completed, 5L), (outcome.State, outcome.Step));
        int[] shares = [6, 5, 5];
        Assert.Equal(
            from rank in Enumerable.Range(0, 3) from step in Enumerable.Range(0, 5)
                select new RecordingRole.Entry(rank, step, shares[rank]),
            _ledger.OrderBy(entry => entry.Rank).ThenBy(entry => entry.Step));
    }

    [Fact]
    public async Task Cluster_Resumed_StartsAtTheCheckpointsStep()
    {
        var outcome = await Cluster((assignment, _, _) => Assert.Equal("there", assignment.Trainer.Checkpoint), new ResumePoint("there", 3))
            .RunAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal(JobState.Completed, outcome.State);
        Assert.Equal([3L, 4L], _ledger.Where(entry => entry.Rank == 0).Select(entry => entry.Step).Order());
    }

    [Fact]
    public async Task Cluster_ThatProfiles_SendsEveryRankTheNumberOfSteps()
    {
        var received = new ConcurrentBag<(int, int)>();
        var cluster = Cluster((assignment, step, _) =>
        {
            if (step == 0) received.Add((assignment.Rank, assignment.ProfileSteps));
        }, profileSteps: 3);

        await cluster.RunAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal([(0, 3), (1, 3), (2, 3)], received.Order());
    }

    [Fact]
    public async Task Cluster_OneRankThrows_OutcomeNamesItWithItsMessage()
    {
        var outcome = await Cluster((assignment, step, stop) =>
        {
            if (step < 2) return;
            if (assignment.Rank == 1) throw new TrainingException("the loss is not finite");
            Assert.True(stop.AtOnce.WaitHandle.WaitOne(Bound));
            throw new ExchangeAbortedException(assignment.Rank, 1, new InvalidOperationException("gone"));
        }).RunAsync().WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal((JobState.Failed, "rank 1: the loss is not finite", 1, 2L),
            (outcome.State, outcome.Reason, outcome.Culprit, outcome.Step));
        Assert.Empty(outcome.Detail);
    }

    [Fact]
    public async Task Cluster_UnexpectedException_KeepsItsDetailForDevelopers()
    {
        var outcome = await Cluster((_, _, _) => throw new InvalidOperationException("a defect")).RunAsync().WaitAsync(Bound,
            TestContext.Current.CancellationToken);

        Assert.Contains("unexpected InvalidOperationException", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains(nameof(RecordingRole), outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_StopRequested_EndsAfterTheCurrentStep()
    {
        var cluster = Cluster((_, step, stop) =>
        {
            if (step == 2) Assert.True(stop.AfterStep.WaitHandle.WaitOne(Bound));
        });
        var run = cluster.RunAsync();
        await _notices.Next<RankReported>(
            report => report.Event.EventCase == WorkerEvent.EventOneofCase.Step && report.Event.Identity.Step == 2);

        cluster.RequestStop(save: true, "interrupted");
        var outcome = await run.WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.Equal((JobState.Stopped, "interrupted", 3L), (outcome.State, outcome.Reason, outcome.Step));
        Assert.Equal(2, _ledger.Max(entry => entry.Step));
    }

    private ThreadCluster Cluster(Action<RoleAssignment, long, StopSignal> onStep, ResumePoint? start = null, int profileSteps = 0) =>
        new(new JobId("ledger-1"), JobFile.Parse(Job, "ledger.yaml"), start, () => new RecordingRole(_ledger, onStep), _notices,
            new LocalClusterOptions { Checkpoints = new PlainFolders(), ProfileSteps = profileSteps });
}
