namespace Distributed.Planning;

/// <summary>Chooses a grid for a number of available workers.</summary>
public static class Grids
{
    /// <summary>
    /// Returns the largest possible grid of at most <paramref name="workers"/> ranks; among grids of equal size, the one whose number of
    /// replicas is closest to the requested one. Null if no grid is possible.
    /// </summary>
    /// <param name="workers">Number of available workers.</param>
    /// <param name="request">The job; its grid has the requested number of replicas.</param>
    public static RankGrid? Fitting(int workers, PlanRequest request)
    {
        for (var world = Math.Min(workers, request.GlobalBatch / request.Accumulation); world >= 1; world--)
        {
            var replicas = Enumerable.Range(1, world).Where(count => world % count == 0 && Holds(request, world / count))
                .OrderBy(count => Math.Abs(count - request.Grid.Replicas)).ThenBy(count => count).FirstOrDefault();
            if (replicas > 0) return new RankGrid(world / replicas, replicas);
        }

        return null;
    }

    // Every rank must hold at least one expert of each layer.
    private static bool Holds(PlanRequest request, int expertParallel) => request.MoeLayers.Count == 0 || expertParallel <= request.Experts;
}
