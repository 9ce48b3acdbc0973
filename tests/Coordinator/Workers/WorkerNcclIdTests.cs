using System.Text;
using Distributed.LocalClusters.Threads;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Training.Reports;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Workers;

/// <summary>Tests that the role of a worker receives the NCCL id of its own epoch and no other.</summary>
public sealed class WorkerNcclIdTests
{
    private const string Job =
        "{ name: ids, model: { model_type: deepseek_v3, num_hidden_layers: 2, first_k_dense_replace: 1, "
        + "n_routed_experts: 4, n_group: 1, topk_group: 1, num_experts_per_tok: 2 }, parallel: { workers: 2 } }";
    private static readonly GroupEpoch Second = new(new JobId("ids-1"), "learners", 2);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Id_OfOtherEpochsAndOfItsOwn_TheRoleReceivesItsOwn()
    {
        using var worker = new HostedWorker();
        worker.Send(Id("too early", Second with { Epoch = 1 }));
        worker.Assign(rank: 1);
        worker.Send(Id("late", Second with { Epoch = 1 }));
        worker.Send(Id("of a later one", Second with { Epoch = 3 }));
        worker.Send(Id("of another job", Second with { Job = new JobId("ids-2") }));
        worker.Send(Id("its own", Second));
        worker.Send(Id("its own again", Second));

        Assert.Equal(WorkerEvent.EventOneofCase.Finished, (await worker.Next()).EventCase);
        Assert.Equal("its own", worker.ReceivedId);
    }

    [Fact]
    public async Task Id_IsAwaitedAndTheRoleIsStopped_EndsTheWait()
    {
        using var worker = new HostedWorker();
        worker.Assign(rank: 1);
        worker.Send(new WorkerCommand { Identity = Second.At(0), Stop = new StopJob { Reason = "a member was lost" } });

        Assert.Equal(WorkerEvent.EventOneofCase.Failed, (await worker.Next()).EventCase); // the role of this test does not handle the stop
        Assert.Null(worker.ReceivedId);
    }

    [Fact]
    public async Task Id_OfRank0_IsReportedInItsEpoch()
    {
        using var worker = new HostedWorker();
        worker.Assign(rank: 0);

        var report = await worker.Next();
        Assert.Equal((2L, "made here"), (report.Identity.Epoch, report.NcclId.Id.ToStringUtf8()));
    }

    [Fact]
    public void Await_NothingComes_TimesOut() =>
        Assert.Throws<TimeoutException>(
            () => new NcclIdRelay(_ => { }).Await(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None));

    private static WorkerCommand Id(string id, GroupEpoch epoch) =>
        new() { Identity = epoch.At(0), NcclId = new NcclId { Id = ByteString.CopyFromUtf8(id) } };

    // A worker whose role only sends or receives an id.
    private sealed class HostedWorker : IRole, IDisposable
    {
        private readonly InProcessLink _link = new();
        private readonly CancellationTokenSource _end = new();

        public HostedWorker()
        {
            var host = new WorkerHost(new WorkerId("worker", "1"), _link.Worker, () => this, new WorkerOptions(), TimeProvider.System,
                NullLogger<WorkerHost>.Instance);
            _ = host.RunAsync(_end.Token);
        }

        public string? ReceivedId { get; private set; }

        public void Send(WorkerCommand command) => _link.Coordinator.Send(command);

        public void Assign(int rank) => Send(new WorkerCommand
        {
            Identity = Second.At(0),
            Assign = new AssignPlan
            {
                Rank = rank, World = 2, JobJson = JobFile.Parse(Job, "ids.yaml").ToJson().ToJsonString(),
                Start = new Start { Fresh = new FreshStart() }
            },
        });

        public async Task<WorkerEvent> Next()
        {
            using var bound = new CancellationTokenSource(Bound);
            WorkerEvent next;
            do next = await _link.Coordinator.Events.ReadAsync(bound.Token);
            while (next.EventCase == WorkerEvent.EventOneofCase.Hello);
            return next;
        }

        public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
        {
            if (assignment.Rank == 0) assignment.NcclIds!.Publish(Encoding.UTF8.GetBytes("made here"));
            else ReceivedId = Encoding.UTF8.GetString(assignment.NcclIds!.Await(Bound, TimeProvider.System, stop.AtOnce));
            return RoleOutcome.Completed;
        }

        public void Dispose()
        {
            _end.Cancel();
            _end.Dispose();
        }
    }
}
