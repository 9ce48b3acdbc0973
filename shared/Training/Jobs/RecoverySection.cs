using Distributed.Configuration.Keys;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>recovery</c> of a job: how the job recovers from lost workers.</summary>
public sealed record RecoverySection
{
    private const int MaxSeconds = 86_400, MaxSteps = 1_000_000, MaxWorkers = 1 << 16;

    /// <summary>Steps between recovery points; 0 derives the number from their measured cost and <c>share</c>.</summary>
    public int Every { get; init; }

    /// <summary>Largest share of the run time for recovery points. Used if <c>every</c> is 0.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Number of spares: workers that hold no rank and can replace a lost worker.</summary>
    public int Spares { get; init; }

    /// <summary>Smallest number of workers with which the job continues.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>Time, in seconds, to wait for a lost worker to return before the job continues with fewer workers.</summary>
    public int WaitSeconds { get; init; } = 30;

    /// <summary>Whether a worker process of this machine that has ended is restarted.</summary>
    public bool Restart { get; init; } = true;

    internal static KeyTable<RecoverySection> Keys { get; } = new KeyTable<RecoverySection>()
        .Integer("every", section => section.Every,
            "Steps between recovery points; 0 derives the number from their measured cost and `share`.", 0, MaxSteps)
        .Real("share", section => section.Share, "Largest share of the run time for recovery points. Used if `every` is 0.", 0.001, 0.5)
        .Integer("spares", section => section.Spares, "Number of spares: workers that hold no rank and can replace a lost worker.",
            0, MaxWorkers)
        .Integer("min_workers", section => section.MinWorkers, "Smallest number of workers with which the job continues.", 1, MaxWorkers)
        .Integer("wait_seconds", section => section.WaitSeconds,
            "Time, in seconds, to wait for a lost worker to return before the job continues with fewer workers.", 0, MaxSeconds)
        .Flag("restart", section => section.Restart, "Whether a worker process of this machine that has ended is restarted.");
}
