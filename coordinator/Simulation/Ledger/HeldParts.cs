using Distributed.Protocol;

namespace Distributed.Simulation.Ledger;

/// <summary>
/// The parts of recovery points in the memory of one process: like the worker's own store, with ledger states for tensors.
/// </summary>
internal sealed class HeldParts
{
    private readonly List<(LedgerPointId Id, int Owner, CommittedStep State)> _parts = [];

    public IReadOnlyList<(LedgerPointId Id, int Owner, CommittedStep State)> All => _parts;

    public void Add(LedgerPointId id, int owner, CommittedStep state) => _parts.Add((id, owner, state));

    public CommittedStep? Find(LedgerPointId id, int owner)
    {
        foreach (var part in _parts)
            if (part.Id == id && part.Owner == owner) return part.State;
        return null;
    }

    /// <summary>Removes the parts of all other recovery points: every rank holds its parts of this one.</summary>
    public void KeepOnly(LedgerPointId complete) => _parts.RemoveAll(part => part.Id != complete);

    /// <summary>Returns the parts as messages, newest first.</summary>
    public IEnumerable<HeldPart> ToWire() => _parts.OrderByDescending(part => part.Id.Step).ThenByDescending(part => part.Id.Epoch)
        .ThenBy(part => part.Owner)
        .Select(part => new HeldPart { Epoch = part.Id.Epoch, Step = part.Id.Step, World = part.Id.World, Owner = part.Owner });
}
