namespace Distributed.Coordinator.Service.Pool;

/// <summary>Settings of the pool of workers.</summary>
public sealed record PoolOptions
{
    /// <summary>
    /// How long a worker that a job returned may take to stop that job's role; more than zero. After that its stream is closed, which ends
    /// its process. Default: 5 minutes.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
