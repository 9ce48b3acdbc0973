using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A job in the registry. Its own lock guards its stored state.</summary>
/// <param name="kept">The stored job.</param>
/// <param name="job">The job to run; null if this release cannot read it, or it has ended.</param>
internal sealed class JobEntry(StoredJob kept, AcceptedJob? job)
{
    private readonly Lock _gate = new();
    private StoredJob _kept = kept, _shown = kept;

    /// <summary>The job to run; null if this release cannot read it, or it had ended when it was restored.</summary>
    public AcceptedJob? Job => job;

    /// <summary>Signals every change, after it was stored.</summary>
    public ChangeSignal Signal { get; } = new();

    /// <summary>The current state. <see cref="Shown"/> follows when that state is on disk.</summary>
    public StoredJob Kept
    {
        get
        {
            lock (_gate) return _kept;
        }
    }

    /// <summary>The state on disk.</summary>
    public StoredJob Shown
    {
        get
        {
            lock (_gate) return _shown;
        }
    }

    public JobView View => new(Shown, Request?.Held ?? 0);

    /// <summary>The running job; null while it does not run.</summary>
    public IRunningJob? Running { get; set; } // the registry's lock guards this and every member below

    public WorkerRequest? Request { get; set; }

    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>Whether its workers may still be running since before the coordinator was started.</summary>
    public bool MayBeAtWork { get; set; }

    public StoredJob Change(Func<StoredJob, StoredJob> change)
    {
        lock (_gate) return _kept = change(_kept);
    }

    /// <summary>Records a user request that is on disk.</summary>
    public void Ask(Func<StoredJob, StoredJob> request)
    {
        lock (_gate) (_kept, _shown) = (request(_kept), request(_shown));
    }

    /// <summary>Records a state of the job that is on disk.</summary>
    /// <param name="written">The state. Its user requests are ignored, because they are written separately.</param>
    public void Show(StoredJob written)
    {
        lock (_gate) _shown = written with { Workers = _shown.Workers, PauseAsked = _shown.PauseAsked, Stop = _shown.Stop };
    }
}
