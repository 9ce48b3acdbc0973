namespace Distributed.Simulation.Invariants;

/// <summary>An invariant does not hold.</summary>
/// <param name="statement">The condition that must hold.</param>
/// <param name="what">What was found instead.</param>
internal sealed class InvariantException(string statement, string what) : Exception($"{statement}: {what}")
{
    public string Statement => statement;

    public string What => what;
}
