using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A pool with scripted workers and a registry over it, on a state folder that may outlive them.</summary>
internal sealed class ServiceScene : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder? _own;
    private readonly HeldStore? _held;

    /// <param name="folder">State folder; null for a new one.</param>
    /// <param name="found">The checkpoint that is found on disk; null for none.</param>
    /// <param name="over">Returns the store that the registry uses instead of the real one; null for the real one.</param>
    public ServiceScene(string? folder = null, CommittedCheckpoint? found = null, Func<StateStore, IStateStore>? over = null)
    {
        Reader = new PlainReader { Checkpoints = new PlainFolders { Latest = found } };
        if (folder is null) folder = (_own = new TemporaryFolder()).Path;
        Store = new StateStore(Path.Combine(folder, "state.db"));
        Metrics = new MetricsHistory(Path.Combine(folder, "metrics.db"));
        Pool = new WorkerPool(new PoolOptions { DrainTimeout = TimeSpan.FromSeconds(7) }, Time, NullLogger<WorkerPool>.Instance);
        var store = over?.Invoke(Store) ?? Store;
        _held = store as HeldStore;
        Registry = new JobRegistry(
            Pool, new CoordinatedJobs(Scene.Options, TransportKind.Auto, store, Reader.Checkpoints, Time, NullLoggerFactory.Instance),
            Reader,
            store, Metrics, Time, NullLogger<JobRegistry>.Instance);
        Log = new JobLog(Registry, store, Metrics);
        Registry.Start();
    }

    public ManualTime Time { get; } = new();

    public IJobReader Reader { get; }

    public StateStore Store { get; }

    public MetricsHistory Metrics { get; }

    public WorkerPool Pool { get; }

    public JobRegistry Registry { get; }

    public JobLog Log { get; }

    /// <summary>Joins a worker.</summary>
    public async Task<ScriptedWorker> Join(string name, Action<Hello>? more = null)
    {
        var worker = new ScriptedWorker(name);
        Pool.Add(worker.Link.Coordinator);
        worker.Hello(more);
        await Until(() => Pool.Workers.Any(view => view.Id.Name == name));
        return worker;
    }

    public string Submit(string job) => Registry.Submit(Reader.Read(job, [])).Id;

    /// <summary>Waits until a job meets a condition.</summary>
    public async Task<JobView> Job(string id, Func<JobView, bool> condition)
    {
        while (true)
        {
            var change = Registry.ChangeOf(id);
            if (Registry.Find(id) is { } job && condition(job)) return job;
            await change.WaitAsync(Bound, TestContext.Current.CancellationToken);
        }
    }

    public Task<JobView> Ended(string id) => Job(id, job => job.HasEnded);

    /// <summary>Waits until a condition holds, and checks it at each change of the pool.</summary>
    public async Task Until(Func<bool> condition)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition()) changed.TrySetResult();
        }

        Pool.Changed += Look;
        Look();
        await changed.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
        Pool.Changed -= Look;
    }

    public async ValueTask DisposeAsync()
    {
        _held?.ReleaseAll();
        await Registry.DisposeAsync();
        await Pool.DisposeAsync();
        Store.Dispose();
        Metrics.Dispose();
        _own?.Dispose();
    }
}
