namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>Something does not hold that always must.</summary>
/// <param name="statement">What must hold.</param>
/// <param name="what">What was found instead.</param>
internal sealed class InvariantException(string statement, string what) : Exception($"{statement}: {what}")
{
    public string Statement => statement;

    public string What => what;
}
