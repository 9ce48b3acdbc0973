using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Storage;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A job in the registry. Its own lock guards its stored state.</summary>
/// <param name="stored">The stored job.</param>
/// <param name="job">The job to run; null if this release cannot read it, or it has ended.</param>
internal sealed class JobEntry(StoredJob stored, JobDescription? job)
{
    private readonly Lock _gate = new();
    private StoredJob _current = stored, _persisted = stored;

    /// <summary>The job to run; null if this release cannot read it, or it had ended when it was restored.</summary>
    public JobDescription? Job => job;

    /// <summary>Signals every change, after it was stored.</summary>
    public ChangeSignal Signal { get; } = new();

    /// <summary>The current state, in memory. <see cref="Persisted"/> follows when that state is on disk.</summary>
    public StoredJob Current
    {
        get
        {
            lock (_gate) return _current;
        }
    }

    /// <summary>The state on disk.</summary>
    public StoredJob Persisted
    {
        get
        {
            lock (_gate) return _persisted;
        }
    }

    public JobView View => new(Persisted, Request?.Held ?? 0);

    /// <summary>The running job; null while it does not run.</summary>
    public IRunningJob? Running { get; set; } // the registry's lock guards this and every member below

    public WorkerRequest? Request { get; set; }

    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>Whether its workers may still be running since before the coordinator was started.</summary>
    public bool MayHaveRunningWorkers { get; set; }

    public StoredJob Change(Func<StoredJob, StoredJob> change)
    {
        lock (_gate) return _current = change(_current);
    }

    /// <summary>Records a user request that is on disk.</summary>
    public void RecordRequest(Func<StoredJob, StoredJob> request)
    {
        lock (_gate) (_current, _persisted) = (request(_current), request(_persisted));
    }

    /// <summary>Records a state of the job that is on disk.</summary>
    /// <param name="written">The state. Its user requests are ignored, because they are written separately.</param>
    public void RecordPersisted(StoredJob written)
    {
        lock (_gate)
        {
            var (workers, isPauseRequested, stop) = (_persisted.Workers, _persisted.IsPauseRequested, _persisted.Stop);
            _persisted = written with { Workers = workers, IsPauseRequested = isPauseRequested, Stop = stop };
        }
    }
}
