namespace Distributed.Planning;

/// <summary>How a job recovers from a lost worker.</summary>
public sealed record RecoveryPolicy
{
    /// <summary>Number of steps between two recovery points, at least 1; 0 derives it from their cost. Default: 0.</summary>
    public int Every { get; init; }

    /// <summary>
    /// Largest share of the steps' time that recovery points may take, in (0, 1), if <see cref="Every"/> is 0. Default: 5 %.
    /// </summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Number of spares that are ready to replace a lost worker. Default: 0.</summary>
    public int Spares { get; init; }

    /// <summary>Smallest number of workers with which the job continues, at least 1. Default: 1.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>How long the job waits for a replacement of a lost worker before it continues with fewer. Default: 30 s.</summary>
    public TimeSpan ReplacementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Number of consecutive recoveries without a new step after which another failure ends the job. Default: 3.</summary>
    public int MaxRecoveriesWithoutProgress { get; init; } = 3;
}
