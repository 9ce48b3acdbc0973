using System.Text.Json;
using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>
/// Reads a line of <see cref="ExampleKind.Preferences"/>. The line is a chat if any of its three parts is a list of messages: a prompt of
/// text is then a message of the user, and a side of text the message of the assistant.
/// </summary>
internal static class PreferenceReader
{
    public static Example Read(JsonLine line, SourceLine source)
    {
        var prompt = PromptReader.Prompt(line);
        var (chosen, isChosenChat) = Side(line, "chosen");
        var (rejected, isRejectedChat) = Side(line, "rejected");
        if (chosen == rejected)
        {
            throw line.Malformed("has equal texts under 'chosen' and 'rejected'", "Give two different completions, or remove the line");
        }

        if (prompt is Prompt.Text text && (isChosenChat || isRejectedChat))
        {
            prompt = new Prompt.Chat([new Message(Role.User, text.Content)]);
        }

        return new Example.Preference(source, prompt, chosen, rejected);
    }

    private static (string Text, bool IsChat) Side(JsonLine line, string key)
    {
        var value = ExampleJson.Required(line, key);
        if (value.ValueKind != JsonValueKind.Array) return (ExampleJson.NonEmpty(line, value, key), false);
        return MessageReader.Read(line, value, key) is [{ Role: Role.Assistant } answer]
            ? (answer.Content, true)
            : throw line.Malformed($"has a '{key}' that is not one message of the assistant",
                "Leave only the assistant's last message; the messages before it belong to 'prompt'");
    }
}
