namespace Distributed.Training.Objectives.Advantages;

/// <summary>Soft punishment of long responses (DAPO, Yu et al. 2025, eq. 13).</summary>
/// <param name="MaxLength">Longest response, in tokens.</param>
/// <param name="Cache">Length of the interval before <paramref name="MaxLength"/> over which the punishment grows, in tokens.</param>
public readonly record struct OverlongReward(int MaxLength, int Cache)
{
    /// <summary>Returns the term that is added to the reward: 0 for a short response, -1 for one of at least the maximum length.</summary>
    /// <param name="length">Response tokens.</param>
    public double Of(int length) => Math.Clamp((MaxLength - Cache - length) / (double)Cache, -1, 0);

    /// <summary>
    /// Whether a response counts in the loss under overlong filtering (section 3.4): one that was cut off at the maximum length does not,
    /// since its reward says nothing about what it would have become.
    /// </summary>
    /// <param name="length">Response tokens.</param>
    /// <param name="hasEnded">Whether the response ends with an end token.</param>
    public bool Counts(int length, bool hasEnded) => hasEnded || length < MaxLength;
}
