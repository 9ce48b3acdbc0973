namespace Distributed.Coordinator.Metrics;

/// <summary>Settings of the stored metrics.</summary>
public sealed record MetricsOptions
{
    /// <summary>
    /// Number of points that are stored for each job at each resolution, at least 1,000: that number of the newest steps individually, ten
    /// times that number of steps in points of ten, and so on. Default: 10,000, about 17 MB for a job of ten million steps.
    /// </summary>
    public int Points { get; init; } = 10_000;

    /// <summary>Returns one message for each invalid setting; empty if all are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (Points < 1000) yield return $"{nameof(Points)} is {Points}; it must be at least 1000, the steps of the coarsest point.";
    }
}
