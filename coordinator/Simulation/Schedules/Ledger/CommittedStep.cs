namespace Distributed.Simulation.Schedules.Ledger;

/// <summary>
/// A state of the weights, known by what has led to it: the step that was committed last, in which epoch, over which samples, and the state
/// before it. What a network would have in its tensors, a ledger worker has in one reference to this.
/// </summary>
/// <param name="Step">Steps committed.</param>
/// <param name="Epoch">In which the last one was; 0 for what the job began with.</param>
/// <param name="Position">Of the next sample.</param>
/// <param name="Before">The state before; null for what the job began with.</param>
internal sealed record CommittedStep(long Step, long Epoch, long Position, CommittedStep? Before)
{
    public bool Equals(CommittedStep? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => HashCode.Combine(Step, Epoch);

    public override string ToString() => $"step {Step} of epoch {Epoch}";
}
