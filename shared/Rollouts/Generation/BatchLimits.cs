namespace Distributed.Rollouts.Generation;

/// <summary>How much work a generator takes at once. Affects speed and memory, and results only by rounding.</summary>
public sealed record BatchLimits
{
    /// <summary>
    /// Sequences generated together at most, 1 or more. With 1, a sequence's bits do not depend on what other requests there
    /// are. Default: 16.
    /// </summary>
    public int Sequences { get; init; } = 16;

    /// <summary>
    /// Prompt tokens of a sequence read at once, 1 or more: attention scores take this times the context times the heads.
    /// Default: 512.
    /// </summary>
    public int PrefillTokens { get; init; } = 512;

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Sequences < 1) yield return $"Sequences is {Sequences}; it must be 1 or more.";
        if (PrefillTokens < 1) yield return $"PrefillTokens is {PrefillTokens}; it must be 1 or more.";
    }
}
