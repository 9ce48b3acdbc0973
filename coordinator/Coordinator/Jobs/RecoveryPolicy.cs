namespace Distributed.Coordinator.Jobs;

/// <summary>What is done about the loss of a worker.</summary>
public sealed record RecoveryPolicy
{
    /// <summary>Steps from one recovery point to the next, at least 1; 0 lets the cost decide. Default: 0.</summary>
    public int Every { get; init; }

    /// <summary>Largest part of the steps' time that recovery points may take, in (0, 1), where <see cref="Every"/> is 0. Default: 5 %.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Workers beyond those that the job computes with, ready to take a lost one's place. Default: 0.</summary>
    public int Spares { get; init; }

    /// <summary>With fewer workers than this the job does not go on, at least 1. Default: 1.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>How long a lost worker's return is waited for before the job goes on with fewer. Default: 30 s.</summary>
    public TimeSpan ReplacementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Recoveries in a row without a new step, after which another failure ends the job. Default: 3.</summary>
    public int FruitlessRecoveries { get; init; } = 3;
}
