using Distributed.Configuration.Keys;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>sample</c> of a job: the text generated at the end of a run.</summary>
public sealed record SampleSection
{
    /// <summary>Beginning of the text, which the network continues.</summary>
    public string Prompt { get; init; } = "The method returns";

    /// <summary>Whether the prompt is a user's message, which the network answers; otherwise it is a text.</summary>
    public bool Chat { get; init; }

    /// <summary>Number of tokens to generate; 0 generates no text.</summary>
    public int Tokens { get; init; } = 64;

    /// <summary>Divisor of the logits; 0 always selects the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>
    /// Probability mass of nucleus sampling: tokens are drawn from the smallest set of likeliest tokens with this total probability.
    /// </summary>
    public double TopP { get; init; } = 0.95;

    internal static KeyTable<SampleSection> Keys { get; } = new KeyTable<SampleSection>()
        .Text("prompt", section => section.Prompt, "Beginning of the text, which the network continues.")
        .Flag("chat", section => section.Chat, "Whether the prompt is a user's message, which the network answers; otherwise it is a text.")
        .Integer("tokens", section => section.Tokens, "Number of tokens to generate; 0 generates no text.")
        .Real("temperature", section => section.Temperature, "Divisor of the logits; 0 always selects the likeliest token.", 0)
        .Real("top_p", section => section.TopP, "Probability mass of nucleus sampling: "
            + "tokens are drawn from the smallest set of likeliest tokens with this total probability.", 1e-6, 1);
}
