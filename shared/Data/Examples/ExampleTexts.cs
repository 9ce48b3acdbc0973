using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples;

/// <summary>Lists the texts of an example that are encoded.</summary>
internal static class ExampleTexts
{
    public static IEnumerable<string> Of(Example example) => example switch
    {
        Example.Completion completion => [completion.Prompt, completion.Answer],
        Example.Chat chat => Of(chat.Messages),
        Example.Preference pair => [.. Of(pair.Prompt), pair.Chosen, pair.Rejected],
        Example.Task task => Of(task.Prompt),
        _ => throw new ArgumentOutOfRangeException(nameof(example), example, "The kind of the example is unknown."),
    };

    private static IEnumerable<string> Of(Prompt prompt) => prompt switch
    {
        Prompt.Text text => [text.Content],
        Prompt.Chat chat => Of(chat.Messages),
        _ => throw new ArgumentOutOfRangeException(nameof(prompt), prompt, "The kind of the prompt is unknown."),
    };

    private static IEnumerable<string> Of(IEnumerable<Message> messages) => messages.Select(message => message.Content);
}
