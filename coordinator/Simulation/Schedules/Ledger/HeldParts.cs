using Distributed.Protocol;

namespace Distributed.Simulation.Schedules.Ledger;

/// <summary>
/// The parts of recovery points in the memory of one process: like the worker's own store, with ledger states for tensors.
/// </summary>
internal sealed class HeldParts
{
    private readonly List<(RecoveryMoment Moment, int Owner, CommittedStep State)> _parts = [];

    public IReadOnlyList<(RecoveryMoment Moment, int Owner, CommittedStep State)> All => _parts;

    public void Add(RecoveryMoment moment, int owner, CommittedStep state) => _parts.Add((moment, owner, state));

    public CommittedStep? Find(RecoveryMoment moment, int owner)
    {
        foreach (var part in _parts)
            if (part.Moment == moment && part.Owner == owner) return part.State;
        return null;
    }

    /// <summary>Removes the parts of all other recovery points: every rank holds its parts of this one.</summary>
    public void KeepOnly(RecoveryMoment complete) => _parts.RemoveAll(part => part.Moment != complete);

    /// <summary>Returns the parts as messages, newest first.</summary>
    public IEnumerable<HeldPart> ToWire() => _parts.OrderByDescending(part => part.Moment.Step).ThenByDescending(part => part.Moment.Epoch)
        .ThenBy(part => part.Owner)
        .Select(part => new HeldPart { Epoch = part.Moment.Epoch, Step = part.Moment.Step, World = part.Moment.World, Owner = part.Owner });
}
