namespace Distributed.Training.Recovery;

/// <summary>When recovery points are taken and which ranks hold the copies.</summary>
public sealed record RecoveryOptions
{
    /// <summary>Steps between recovery points; null derives the number from their measured cost and <see cref="Share"/>.</summary>
    public int? Every { get; init; }

    /// <summary>Largest share of the run time for recovery points if <see cref="Every"/> is null. Default: 5 %.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Distance from a rank to its buddy: the buddy of rank r is (r + shift) modulo the world size; 0 for no buddy.</summary>
    public int BuddyShift { get; init; } = 1;
}
