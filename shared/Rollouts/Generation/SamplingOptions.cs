namespace Distributed.Rollouts.Generation;

/// <summary>How the next token is drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>Most tokens to generate, at least 0.</summary>
    public required int Tokens { get; init; }

    /// <summary>Divides the logits, at least 0; 0 always takes the likeliest token, of equals the first.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draws among the fewest likeliest tokens that together have this probability (Holtzman et al. 2020), in (0, 1].</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Same seed, same prompt, same weights: same text.</summary>
    public long Seed { get; init; }

    /// <summary>Everything that is wrong; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Tokens < 0) yield return $"tokens {Tokens}: allowed are 0 and more";
        if (!(Temperature >= 0) || double.IsInfinity(Temperature)) yield return $"temperature {Temperature}: allowed are 0 and more";
        if (!(TopP > 0 && TopP <= 1)) yield return $"top-p {TopP}: allowed are numbers above 0 and at most 1";
    }
}
