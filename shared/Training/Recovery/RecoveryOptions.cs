namespace Distributed.Training.Recovery;

/// <summary>When recovery points are taken and where they go.</summary>
public sealed record RecoveryOptions
{
    /// <summary>Steps from one to the next; null lets the cost decide, so that it stays under <see cref="Share"/>.</summary>
    public int? Every { get; init; }

    /// <summary>Largest part of the time of the steps that recovery points may take, where <see cref="Every"/> is null. Default: 5 %.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>A rank's buddy is the rank so many further on, around the world; 0 for no buddy.</summary>
    public int BuddyShift { get; init; } = 1;
}
