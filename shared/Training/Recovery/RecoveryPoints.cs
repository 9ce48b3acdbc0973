namespace Distributed.Training.Recovery;

/// <summary>
/// The parts of recovery points that a worker holds: its own and those of the ranks whose buddy it is. They outlive the epoch in which they
/// were taken. A newer recovery point replaces an older one once it is complete on every rank. This class is thread-safe.
/// </summary>
public sealed class RecoveryPoints : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RecoveryPoint> _parts = [];

    /// <summary>The parts held, newest recovery point first.</summary>
    public IReadOnlyList<(RecoveryPointId Id, int Owner)> Held
    {
        get
        {
            lock (_gate)
                return [.. _parts.Select(part => (part.Id, part.Owner)).OrderByDescending(part => part.Id.Step)
                    .ThenByDescending(part => part.Id.Epoch).ThenBy(part => part.Owner)];
        }
    }

    /// <summary>Adds a part and takes ownership of it.</summary>
    public void Add(RecoveryPoint part)
    {
        lock (_gate) _parts.Add(part);
    }

    /// <summary>Returns a part; null if this worker does not hold it.</summary>
    public RecoveryPoint? Find(RecoveryPointId id, int owner)
    {
        lock (_gate) return _parts.Find(part => part.Id == id && part.Owner == owner);
    }

    /// <summary>Drops all other recovery points, once <paramref name="complete"/> is complete on every rank.</summary>
    public void KeepOnly(RecoveryPointId complete) => Drop(part => part.Id != complete);

    /// <summary>Drops all recovery points, at the end of a job.</summary>
    public void Clear() => Drop(_ => true);

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Drop(Predicate<RecoveryPoint> which)
    {
        lock (_gate)
        {
            foreach (var part in _parts.Where(part => which(part))) part.Dispose();
            _parts.RemoveAll(which);
        }
    }
}
