namespace Distributed.Training.Recovery;

/// <summary>
/// The recovery points that a worker holds, its own parts and those of the ranks whose buddy it is. They outlast the epochs in which they
/// were taken; a newer moment takes an older one's place once it is complete on every rank. Safe for several threads.
/// </summary>
public sealed class RecoveryPoints : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<RecoveryPoint> _parts = [];

    /// <summary>Which parts are here, newest moment first.</summary>
    public IReadOnlyList<(RecoveryMoment Moment, int Owner)> Held
    {
        get
        {
            lock (_gate) return [.. _parts.Select(part => (part.Moment, part.Owner)).OrderByDescending(part => part.Moment.Step).ThenByDescending(part => part.Moment.Epoch).ThenBy(part => part.Owner)];
        }
    }

    /// <summary>Keeps a part; it is owned from now on.</summary>
    public void Add(RecoveryPoint part)
    {
        lock (_gate) _parts.Add(part);
    }

    /// <summary>A part; null where it is not here.</summary>
    public RecoveryPoint? Find(RecoveryMoment moment, int owner)
    {
        lock (_gate) return _parts.Find(part => part.Moment == moment && part.Owner == owner);
    }

    /// <summary>Every rank has what it is to have of a moment: all others may go.</summary>
    public void KeepOnly(RecoveryMoment complete) => Drop(part => part.Moment != complete);

    /// <summary>Forgets everything: another job, or the end.</summary>
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
