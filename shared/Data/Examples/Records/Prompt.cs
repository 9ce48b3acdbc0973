namespace Distributed.Data.Examples.Records;

/// <summary>What a completion answers: a text or a chat.</summary>
public abstract record Prompt
{
    private Prompt()
    {
    }

    /// <summary>A text that the completion continues. No role tokens are needed, and nothing is put between the two.</summary>
    /// <param name="Content">The text.</param>
    public sealed record Text(string Content) : Prompt;

    /// <summary>The messages of a chat; the completion is the assistant's next message.</summary>
    /// <param name="Messages">The messages; the last one is a user's.</param>
    public sealed record Chat(IReadOnlyList<Message> Messages) : Prompt;
}
