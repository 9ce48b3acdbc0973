namespace Distributed.Coordinator.Metrics;

/// <summary>How much of the jobs' past is kept.</summary>
public sealed record MetricsOptions
{
    /// <summary>
    /// Points that are kept of each job at each resolution, from 1,000: so many of the newest steps one by one, ten times as many
    /// steps by tens, and so on. Default: 10,000, some 17 MB for a job of ten million steps.
    /// </summary>
    public int Points { get; init; } = 10_000;

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Points < 1000) yield return $"{nameof(Points)} is {Points}; it must be at least 1000, the steps of the coarsest point.";
    }
}
