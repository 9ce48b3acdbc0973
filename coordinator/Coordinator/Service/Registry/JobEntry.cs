using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A job in the registry. All that changes is guarded by its own lock.</summary>
/// <param name="kept">What is kept of it.</param>
/// <param name="job">What is run; null where this release cannot read it, or it is over.</param>
internal sealed class JobEntry(StoredJob kept, AcceptedJob? job)
{
    private readonly Lock _gate = new();
    private StoredJob _kept = kept, _shown = kept;

    /// <summary>What is run; null where this release cannot read it.</summary>
    public AcceptedJob? Job => job;

    /// <summary>Told of whatever changes, after it was kept.</summary>
    public ChangeSignal Signal { get; } = new();

    /// <summary>As it is now; <see cref="Shown"/> follows when that is on disk.</summary>
    public StoredJob Kept
    {
        get
        {
            lock (_gate) return _kept;
        }
    }

    /// <summary>As it is on disk.</summary>
    public StoredJob Shown
    {
        get
        {
            lock (_gate) return _shown;
        }
    }

    public JobView View => new(Shown, Demand?.Held ?? 0);

    /// <summary>What runs it; null while it does not.</summary>
    public IRunningJob? Running { get; set; } // this and all below: the registry's lock

    public WorkerRequest? Demand { get; set; }

    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>Whether its workers may still be at work, from before the coordinator was started.</summary>
    public bool MayBeAtWork { get; set; }

    public StoredJob Change(Func<StoredJob, StoredJob> change)
    {
        lock (_gate) return _kept = change(_kept);
    }

    /// <summary>A request of a user is on disk.</summary>
    public void Ask(Func<StoredJob, StoredJob> request)
    {
        lock (_gate) (_kept, _shown) = (request(_kept), request(_shown));
    }

    /// <summary>A state of the job is on disk.</summary>
    /// <param name="written">All but what users ask of it, which is written by itself.</param>
    public void Show(StoredJob written)
    {
        lock (_gate) _shown = written with { Workers = _shown.Workers, PauseAsked = _shown.PauseAsked, Stop = _shown.Stop };
    }
}
