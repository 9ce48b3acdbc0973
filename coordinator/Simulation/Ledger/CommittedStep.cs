namespace Distributed.Simulation.Ledger;

/// <summary>
/// A state of the weights, identified by its history: the last committed step, its epoch, its samples, and the state before it. A ledger
/// worker holds one reference to it in place of tensors.
/// </summary>
/// <param name="Step">Committed steps.</param>
/// <param name="Epoch">Epoch of the last step; 0 for the state that the job begins with.</param>
/// <param name="Position">Position of the next sample.</param>
/// <param name="Previous">The state before; null for the state that the job begins with.</param>
internal sealed record CommittedStep(long Step, long Epoch, long Position, CommittedStep? Previous)
{
    public bool Equals(CommittedStep? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => HashCode.Combine(Step, Epoch);

    public override string ToString() => $"step {Step} of epoch {Epoch}";
}
