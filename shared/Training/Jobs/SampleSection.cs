using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>sample</c> of a job: the text generated at the end of a run.</summary>
public sealed record SampleSection
{
    /// <summary>The prompt.</summary>
    public string Prompt { get; init; } = "The method returns";

    /// <summary>Number of tokens to generate; 0 generates no text.</summary>
    public int Tokens { get; init; } = 64;

    /// <summary>Divisor of the logits, 0 or more; 0 always selects the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>
    /// Probability mass of nucleus sampling: tokens are drawn from the smallest set of likeliest tokens with this total probability.
    /// Above 0 and at most 1.
    /// </summary>
    public double TopP { get; init; } = 0.95;

    internal static SampleSection Read(ConfigReader reader)
    {
        var defaults = new SampleSection();
        var section = new SampleSection
        {
            Prompt = reader.Text("prompt") ?? defaults.Prompt,
            Tokens = reader.Int("tokens", defaults.Tokens),
            Temperature = reader.Real("temperature", defaults.Temperature, 0),
            TopP = reader.Real("top_p", defaults.TopP, 1e-6, 1),
        };
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write() => new() { ["prompt"] = Prompt, ["tokens"] = Tokens, ["temperature"] = Temperature, ["top_p"] = TopP };
}
