namespace Distributed.Training.Steps;

/// <summary>Measures the balance of expert loads.</summary>
public static class Balancedness
{
    /// <summary>
    /// Returns MaxVio = max load / mean load - 1; 0 for perfect balance (Wang et al. 2024, Auxiliary-Loss-Free Load Balancing
    /// Strategy for Mixture-of-Experts, eq. 4).
    /// </summary>
    /// <param name="load">Tokens per expert of one layer.</param>
    public static double MaxVio(IReadOnlyCollection<long> load)
    {
        var mean = load.Average();
        return mean == 0 ? 0 : load.Max() / mean - 1;
    }
}
