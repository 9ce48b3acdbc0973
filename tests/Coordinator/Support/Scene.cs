using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A running coordinator with scripted workers and a manual clock.</summary>
internal sealed class Scene
{
    public static readonly CoordinatorOptions Options = new()
    {
        GatherTimeout = TimeSpan.FromSeconds(10), SilenceTimeout = TimeSpan.FromSeconds(100), EndTimeout = TimeSpan.FromSeconds(20),
        FenceTimeout = TimeSpan.FromSeconds(5),
    };

    private readonly Task<JobOutcome> _run;

    private Scene(int workers, int experts, string? checkpoint, long firstStep, RecoveryPolicy? recovery = null, int replicas = 1,
        TransportKind exchange = TransportKind.Auto)
    {
        var plan = new PlanRequest("ledger", new RankGrid(workers / replicas, replicas), experts, [1, 2], GlobalBatch: 16,
            Accumulation: 1, Steps: 3);
        var start = checkpoint is null ? null : new ResumePoint(checkpoint, firstStep, "ledger-1");
        var job = Specifications.Of(plan, recovery, start) with { Exchange = exchange };
        Coordinator = new JobCoordinator(job, new ContiguousPlacement(), Notices, Options, Time, NullLogger<JobCoordinator>.Instance,
            checkpoints: Checkpoints);
        Workers = [.. Enumerable.Range(0, workers + (recovery?.Spares ?? 0)).Select(index => new ScriptedWorker($"worker-{index}"))];
        foreach (var worker in Workers) Coordinator.Attach(worker.Link.Coordinator);
        _run = Coordinator.RunAsync();
    }

    public ManualTime Time { get; } = new();

    public PlainFolders Checkpoints { get; } = new();

    public Notices Notices { get; } = new();

    public JobCoordinator Coordinator { get; }

    public ScriptedWorker[] Workers { get; }

    /// <summary>Creates a scene in which no worker has sent its <c>Hello</c>.</summary>
    public static Scene Gathering(
        int workers, int experts = 16, RecoveryPolicy? policy = null, TransportKind exchange = TransportKind.Auto) =>
        new(workers, experts, null, 0, policy, exchange: exchange);

    /// <summary>Creates a scene in which every worker has its plan. The workers sent their <c>Hello</c> in reverse order.</summary>
    public static async Task<Scene> Running(int workers, string? checkpoint = null, long firstStep = 0)
    {
        var scene = new Scene(workers, 16, checkpoint, firstStep);
        foreach (var worker in scene.Workers.Reverse()) worker.Hello();
        foreach (var worker in scene.Workers) await worker.Assigned();
        await scene.Notices.Next<StateChanged>(change => change.To == JobState.Running);
        return scene;
    }

    /// <summary>As <see cref="Running"/>, with a recovery policy. The first workers by name have a plan, the others are spares.</summary>
    public static async Task<Scene> Recovering(int workers, RecoveryPolicy policy, int replicas = 1)
    {
        var scene = new Scene(workers, 16, null, 0, policy, replicas);
        foreach (var worker in scene.Workers.Reverse()) worker.Hello();
        foreach (var worker in scene.Workers.Take(workers)) await worker.Assigned();
        foreach (var spare in scene.Workers.Skip(workers)) Assert.NotNull((await spare.Command()).Prepare);
        return scene;
    }

    /// <summary>Adds a worker that joins later.</summary>
    public ScriptedWorker Join(string name, string incarnation = "2", int process = 0)
    {
        var worker = new ScriptedWorker(name, incarnation, process);
        Coordinator.Attach(worker.Link.Coordinator);
        worker.Hello();
        return worker;
    }

    public Task<JobOutcome> Outcome() => _run.WaitAsync(TimeSpan.FromSeconds(30));
}
