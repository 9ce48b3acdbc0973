using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>recovery</c> of a job: how the job recovers from lost workers.</summary>
public sealed record RecoverySection
{
    private const int MaxSeconds = 86_400, MaxSteps = 1_000_000;

    /// <summary>Steps between recovery points; 0 derives the number from their measured cost and <see cref="Share"/>.</summary>
    public int Every { get; init; }

    /// <summary>Largest share of the run time for recovery points, 0.001 to 0.5. Used if <see cref="Every"/> is 0.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Number of spares: workers that hold no rank and can replace a lost worker.</summary>
    public int Spares { get; init; }

    /// <summary>Smallest number of workers with which the job continues.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>Time, in seconds, to wait for a lost worker to return before the job continues with fewer workers, 0 to 86400.</summary>
    public int WaitSeconds { get; init; } = 30;

    /// <summary>Whether a worker process of this machine that has ended is restarted.</summary>
    public bool Restart { get; init; } = true;

    internal static RecoverySection Read(ConfigReader reader)
    {
        var section = new RecoverySection();
        section = new RecoverySection
        {
            Every = reader.Int("every", section.Every, 0, MaxSteps),
            Share = reader.Real("share", section.Share, 0.001, 0.5),
            Spares = reader.Int("spares", section.Spares, 0, 1 << 16),
            MinWorkers = reader.Int("min_workers", section.MinWorkers, 1, 1 << 16),
            WaitSeconds = reader.Int("wait_seconds", section.WaitSeconds, 0, MaxSeconds),
            Restart = reader.Flag("restart", section.Restart),
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new()
    {
        ["every"] = Every, ["share"] = Share, ["spares"] = Spares, ["min_workers"] = MinWorkers, ["wait_seconds"] = WaitSeconds,
        ["restart"] = Restart
    };
}
