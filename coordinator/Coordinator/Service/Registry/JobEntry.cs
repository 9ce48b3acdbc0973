using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Reading;
using Distributed.Coordinator.Service.Running;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>A job in the registry. All that changes is guarded by its own lock.</summary>
/// <param name="kept">What is kept of it.</param>
/// <param name="job">What is run; null where this release cannot read it, or it is over.</param>
/// <param name="reader">Reads its remarks, once they are asked for.</param>
internal sealed class JobEntry(StoredJob kept, AcceptedJob? job, IJobReader reader)
{
    private readonly Lock _gate = new();
    private readonly Lazy<IReadOnlyList<string>> _remarks = new(() => reader.Remarks(kept.JobJson));
    private StoredJob _kept = kept;

    /// <summary>What is run; null where this release cannot read it.</summary>
    public AcceptedJob? Job => job;

    /// <summary>Told of whatever changes, after it was kept.</summary>
    public ChangeSignal Signal { get; } = new();

    public StoredJob Kept
    {
        get
        {
            lock (_gate) return _kept;
        }
    }

    public JobView View => new(Kept, Demand?.Held ?? 0) { Remarks = _remarks.Value };

    /// <summary>What runs it; null while it does not.</summary>
    public IRunningJob? Running { get; set; } // this and all below: the registry's lock

    public WorkerDemand? Demand { get; set; }

    public Task Run { get; set; } = Task.CompletedTask;

    /// <summary>Whether its workers may still be at work, from before the coordinator was started.</summary>
    public bool MayBeAtWork { get; set; }

    public StoredJob Change(Func<StoredJob, StoredJob> change)
    {
        lock (_gate) return _kept = change(_kept);
    }
}
