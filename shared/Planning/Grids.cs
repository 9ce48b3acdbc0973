namespace Distributed.Planning;

/// <summary>How many of the workers that are left a job can use, and in which shape.</summary>
public static class Grids
{
    /// <summary>
    /// The largest grid of at most so many workers; among equals the one with as many replicas as were asked for, or else with the nearest
    /// number. Null where there is none.
    /// </summary>
    /// <param name="workers">Most workers.</param>
    /// <param name="request">What was asked for; its grid says how many replicas.</param>
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

    // Every rank holds at least one expert of each layer.
    private static bool Holds(PlanRequest request, int expertParallel) => request.MoeLayers.Count == 0 || expertParallel <= request.Experts;
}
