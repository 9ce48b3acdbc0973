using Distributed.Checkpoints;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Training.Jobs;
using Distributed.Training.Reports;
using Distributed.Worker.Hosting;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Tests.Workers;

/// <summary>
/// Tests the log of a failed rank: only the message for an error that the user can fix, and the stack trace for a defect.
/// </summary>
public sealed class WorkerLogTests
{
    private const string Job =
        "{ name: logs, model: { model_type: deepseek_v3, num_hidden_layers: 2, first_k_dense_replace: 1, "
        + "n_routed_experts: 4, n_group: 1, topk_group: 1, num_experts_per_tok: 2 }, parallel: { workers: 2 } }";

    [Theory]
    [InlineData(false, "Worker worker/1: rank 1 failed: the folder is full")]
    [InlineData(true, "Worker worker/1: rank 1 failed unexpectedly")]
    public async Task Failure_OfARank_HasAStackTraceOnlyForADefect(bool defect, string expected)
    {
        var log = new ExceptionLog();
        var link = new InProcessLink();
        using var end = new CancellationTokenSource();
        var host = new WorkerHost(new WorkerId("worker", "1"), link.Worker, () => new FailingRole(defect), new WorkerOptions(),
            TimeProvider.System, log);
        var running = host.RunAsync(end.Token);
        link.Coordinator.Send(new WorkerCommand
        {
            Identity = new GroupEpoch(new JobId("logs-1"), "learners", 1).At(0),
            Assign = new AssignPlan
            {
                Rank = 1, World = 2, JobJson = JobFile.Parse(Job, "logs.yaml").ToJson().ToJsonString(),
                Start = new Start { Fresh = new FreshStart() }
            },
        });
        while ((await link.Coordinator.Events
            .ReadAsync(TestContext.Current.CancellationToken)).EventCase != WorkerEvent.EventOneofCase.Failed)
        {
        }

        var entry = log.Recorded.Entries.Single(each => each.Level == LogLevel.Error);
        Assert.Equal(expected, entry.Text);
        Assert.Equal(defect, log.Exception is not null);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private sealed class FailingRole(bool defect) : IRole
    {
        public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop) =>
            throw (defect ? new InvalidOperationException("an index is off") : new CheckpointException("the folder is full"));
    }

    private sealed class ExceptionLog : ILogger<WorkerHost>
    {
        public RecordedLog Recorded { get; } = new();

        public Exception? Exception { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            Exception ??= exception;
            Recorded.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
