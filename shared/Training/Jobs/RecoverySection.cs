using System.Text.Json.Nodes;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>What is done about lost workers: section <c>recovery</c> of a job.</summary>
public sealed record RecoverySection
{
    private const int MostSeconds = 86_400, MostSteps = 1_000_000;

    /// <summary>Steps from one recovery point to the next; 0 lets the cost decide.</summary>
    public int Every { get; init; }

    /// <summary>Largest part of the steps' time that recovery points may take, where <see cref="Every"/> is 0.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Workers beyond those that compute, ready to take a lost one's place.</summary>
    public int Spares { get; init; }

    /// <summary>With fewer workers than this the job does not go on.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>Seconds that a lost worker's return is waited for before the job goes on with fewer, up to a day.</summary>
    public int WaitSeconds { get; init; } = 30;

    /// <summary>Whether a worker of this machine that has ended is started anew.</summary>
    public bool Restart { get; init; } = true;

    internal static RecoverySection Read(ConfigReader reader)
    {
        var section = new RecoverySection();
        section = new RecoverySection
        {
            Every = reader.Int("every", section.Every, 0, MostSteps),
            Share = reader.Real("share", section.Share, 0.001, 0.5),
            Spares = reader.Int("spares", section.Spares, 0, 1 << 16),
            MinWorkers = reader.Int("min_workers", section.MinWorkers, 1, 1 << 16),
            WaitSeconds = reader.Int("wait_seconds", section.WaitSeconds, 0, MostSeconds),
            Restart = reader.Flag("restart", section.Restart),
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new() { ["every"] = Every, ["share"] = Share, ["spares"] = Spares, ["min_workers"] = MinWorkers, ["wait_seconds"] = WaitSeconds, ["restart"] = Restart };
}
