using System.Text.Json.Nodes;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>The text generated at the end of a run: section <c>sample</c> of a job.</summary>
public sealed record SampleSection
{
    /// <summary>Text to go on from.</summary>
    public string Prompt { get; init; } = "The method returns";

    /// <summary>Tokens to generate; 0 for no sample.</summary>
    public int Tokens { get; init; } = 64;

    /// <summary>Divides the logits; 0 always takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Draws among the likeliest tokens that together have this probability, above 0 and at most 1.</summary>
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
