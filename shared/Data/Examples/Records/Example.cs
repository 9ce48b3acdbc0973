namespace Distributed.Data.Examples.Records;

/// <summary>
/// One line of a file of examples: a <see cref="Completion"/>, <see cref="Chat"/>, <see cref="Preference"/> or <see cref="Task"/>, by the
/// file's <see cref="ExampleKind"/>.
/// </summary>
public abstract record Example
{
    private Example(SourceLine source) => Source = source;

    /// <summary>The line that the example was read from.</summary>
    public SourceLine Source { get; }

    /// <summary>Whether the tokenizer needs role tokens to encode the example.</summary>
    public abstract bool NeedsRoles { get; }

    /// <summary>A text and its completion.</summary>
    /// <param name="Source">The line that the example was read from.</param>
    /// <param name="Prompt">The text; may be empty.</param>
    /// <param name="Answer">The completion; more than white space.</param>
    public sealed record Completion(SourceLine Source, string Prompt, string Answer) : Example(Source)
    {
        /// <inheritdoc/>
        public override bool NeedsRoles => false;
    }

    /// <summary>A chat whose assistant turns are learnt.</summary>
    /// <param name="Source">The line that the example was read from.</param>
    /// <param name="Messages">The messages by <see cref="Files.ChatRules"/>; the last one is the assistant's.</param>
    public sealed record Chat(SourceLine Source, IReadOnlyList<Message> Messages) : Example(Source)
    {
        /// <inheritdoc/>
        public override bool NeedsRoles => true;
    }

    /// <summary>A prompt with a better and a worse completion.</summary>
    /// <param name="Source">The line that the example was read from.</param>
    /// <param name="Prompt">What both completions answer.</param>
    /// <param name="Chosen">The better completion; more than white space.</param>
    /// <param name="Rejected">The worse completion; more than white space, and not equal to <paramref name="Chosen"/>.</param>
    public sealed record Preference(SourceLine Source, Prompt Prompt, string Chosen, string Rejected) : Example(Source)
    {
        /// <inheritdoc/>
        public override bool NeedsRoles => Prompt is Prompt.Chat;
    }

    /// <summary>A prompt for reinforcement learning.</summary>
    /// <param name="Source">The line that the example was read from.</param>
    /// <param name="Prompt">What the policy answers.</param>
    /// <param name="Answer">The expected answer, for a reward that compares; null if the line has none.</param>
    /// <param name="Domain">The domain, which selects the reward; null if the line has none.</param>
    public sealed record Task(SourceLine Source, Prompt Prompt, string? Answer, string? Domain) : Example(Source)
    {
        /// <inheritdoc/>
        public override bool NeedsRoles => Prompt is Prompt.Chat;
    }
}
