using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A coordinator that runs, with scripted workers and a clock that the test moves.</summary>
internal sealed class Scene
{
    public static readonly CoordinatorOptions Options = new()
    {
        GatherTimeout = TimeSpan.FromSeconds(10), SilenceTimeout = TimeSpan.FromSeconds(100), EndTimeout = TimeSpan.FromSeconds(20),
    };

    private readonly Task<JobOutcome> _run;

    private Scene(int workers, int experts, string? checkpoint, long firstStep)
    {
        var plan = new PlanRequest("ledger", new RankGrid(workers, 1), experts, [1, 2], GlobalBatch: 16, Accumulation: 1, Steps: 3);
        var job = new JobSpecification(new JobId("ledger-1"), plan, "{}", checkpoint, firstStep);
        Coordinator = new JobCoordinator(job, new ContiguousPlacement(), Notices, Options, Time, NullLogger<JobCoordinator>.Instance);
        Workers = [.. Enumerable.Range(0, workers).Select(index => new ScriptedWorker($"worker-{index}"))];
        foreach (var worker in Workers) Coordinator.Attach(worker.Link.Coordinator);
        _run = Coordinator.RunAsync();
    }

    public ManualTime Time { get; } = new();

    public Notices Notices { get; } = new();

    public JobCoordinator Coordinator { get; }

    public ScriptedWorker[] Workers { get; }

    /// <summary>Nobody has said hello yet.</summary>
    public static Scene Gathering(int workers, int experts = 16) => new(workers, experts, null, 0);

    /// <summary>Every worker has its plan; they said hello in reverse order.</summary>
    public static async Task<Scene> Running(int workers, string? checkpoint = null, long firstStep = 0)
    {
        var scene = new Scene(workers, 16, checkpoint, firstStep);
        foreach (var worker in scene.Workers.Reverse()) worker.Hello();
        foreach (var worker in scene.Workers) await worker.Assigned();
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Running);
        return scene;
    }

    public Task<JobOutcome> Outcome() => _run.WaitAsync(TimeSpan.FromSeconds(30));
}
