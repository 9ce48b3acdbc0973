using System.Collections.Concurrent;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters;
using Distributed.LocalClusters.Threads;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the assignment of a job's faults to its workers.</summary>
public sealed class FaultAssignmentTests
{
    private const string Job = """
        name: ledger
        model:
          { model_type: deepseek_v3, num_hidden_layers: 2, first_k_dense_replace: 1, n_routed_experts: 16, n_group: 1, topk_group: 1,
            num_experts_per_tok: 2 }
        training: { steps: 5, warmup_steps: 0 }
        parallel: { workers: 2 }
        """;

    private readonly ConcurrentDictionary<int, string> _assigned = [];

    [Theory]
    [InlineData(0, "stop:worker-0@step=3,seconds=2;kill:worker-0@step=4", "slow-link:worker-1@step=1,latency-ms=50,seconds=5")]
    [InlineData(3, "kill:worker-0@step=4", "")]
    public async Task Cluster_WithFaults_SendsEachWorkerItsOwnPendingFaults(long committed, string first, string second)
    {
        var plan = FaultPlan.Parse(
            "stop:worker-0@step=3,seconds=2;slow-link:worker-1@step=1;kill:worker-0@step=4;kill:worker-1@time=900;coordinator-kill@step=4");
        var cluster = new ThreadCluster(
            new JobId("ledger-1"), JobFile.Parse(Job, "ledger.yaml"), committed == 0 ? null : new ResumePoint("there", committed),
            () => new RecordingRole([],
                (assignment, _, _) => _assigned[assignment.Rank] = new FaultPlan([.. assignment.Faults]).ToString()),
            new Notices(), new LocalClusterOptions { Checkpoints = new PlainFolders(), Faults = plan });

        var outcome = await cluster.RunAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(JobState.Completed, outcome.State);
        Assert.Equal([first, second], _assigned.OrderBy(each => each.Key).Select(each => each.Value));
    }
}
