namespace Distributed.Rollouts.Generation;

/// <summary>Limits on the work of one forward. They affect speed and memory, and results only by rounding.</summary>
public sealed record BatchLimits
{
    /// <summary>
    /// Largest number of sequences in a batch, 1 or more. With 1, a sequence does not depend on other requests, bit for bit. Default: 16.
    /// </summary>
    public int Sequences { get; init; } = 16;

    /// <summary>
    /// Prompt tokens of a sequence in one forward, 1 or more. The memory of attention scores is proportional to this number times the
    /// context times the heads. Default: 512.
    /// </summary>
    public int PrefillTokens { get; init; } = 512;

    /// <summary>Returns an error message for each setting out of range; empty if all settings are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (Sequences < 1) yield return $"Sequences is {Sequences}; it must be 1 or more.";
        if (PrefillTokens < 1) yield return $"PrefillTokens is {PrefillTokens}; it must be 1 or more.";
    }
}
