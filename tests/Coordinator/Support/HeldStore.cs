using System.Collections.Concurrent;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>One write to a store.</summary>
/// <param name="Name">Name of the method.</param>
/// <param name="Job">Identity of the job; for <c>Add</c> its name.</param>
/// <param name="State">The state that is written; null if it is none.</param>
internal sealed record StoreWrite(string Name, string Job, StoredJob? State);

/// <summary>A write that waits, as on a slow disk, until the test releases it.</summary>
internal sealed class HeldWrite(Func<StoreWrite, bool> condition)
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the write has begun.</summary>
    public Task Entered => _entered.Task.WaitAsync(HeldStore.Bound, TestContext.Current.CancellationToken);

    public bool Matches(StoreWrite write) => condition(write);

    public void Release() => _released.TrySetResult();

    public void Wait()
    {
        _entered.TrySetResult();
        Assert.True(_released.Task.Wait(HeldStore.Bound));
    }
}

/// <summary>A store whose writes the test holds or refuses, over a real one, which makes the writes and all reads.</summary>
internal sealed class HeldStore(StateStore store) : IStateStore, IDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly Lock _gate = new();
    private readonly List<HeldWrite> _waiting = [], _all = [];

    /// <summary>Returns whether the disk has no room for a write; null if it has room for all.</summary>
    public Func<StoreWrite, bool>? Refuses { get; set; }

    /// <summary>The writes that were made, in order.</summary>
    public ConcurrentQueue<StoreWrite> Made { get; } = [];

    /// <summary>Holds the next write that meets a condition.</summary>
    public HeldWrite Hold(Func<StoreWrite, bool> condition)
    {
        var held = new HeldWrite(condition);
        lock (_gate)
        {
            _waiting.Add(held);
            _all.Add(held);
        }

        return held;
    }

    public IReadOnlyList<StoredJob> Jobs() => store.Jobs();

    public IReadOnlyList<StoredEvent> Events(string job, long after = 0, int most = 1000) => store.Events(job, after, most);

    public string? Ledger(string job) => store.Ledger(job);

    public string? Load(string job) => store.Load(job);

    public StoredJob Add(StoredJob job)
    {
        Enter(new StoreWrite(nameof(Add), job.Name, job));
        return store.Add(job);
    }

    public void Update(StoredJob job, bool durable = true, IReadOnlyList<StoredEvent>? events = null)
    {
        Enter(new StoreWrite(nameof(Update), job.Id, job));
        store.Update(job, durable, events);
    }

    public void SaveRequests(StoredJob job)
    {
        Enter(new StoreWrite(nameof(SaveRequests), job.Id, job));
        store.SaveRequests(job);
    }

    public void Append(string job, IReadOnlyList<StoredEvent> events)
    {
        Enter(new StoreWrite(nameof(Append), job, null));
        store.Append(job, events);
    }

    public void Save(string job, string recordJson)
    {
        Enter(new StoreWrite(nameof(Save), job, null));
        store.Save(job, recordJson);
    }

    public void SaveLedger(string job, string ledgerJson)
    {
        Enter(new StoreWrite(nameof(SaveLedger), job, null));
        store.SaveLedger(job, ledgerJson);
    }

    public void ReleaseAll()
    {
        lock (_gate)
        {
            _waiting.Clear();
            foreach (var held in _all) held.Release();
        }
    }

    public void Dispose()
    {
        ReleaseAll();
        store.Dispose();
    }

    private void Enter(StoreWrite write)
    {
        HeldWrite? held;
        lock (_gate)
        {
            held = _waiting.Find(each => each.Matches(write));
            if (held is not null) _waiting.Remove(held);
        }

        held?.Wait();
        if (Refuses?.Invoke(write) == true) throw new IOException("state.db cannot be written: database or disk is full.");
        Made.Enqueue(write);
    }
}
