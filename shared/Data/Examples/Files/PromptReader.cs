using System.Text.Json;
using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads a line of <see cref="ExampleKind.Prompts"/>.</summary>
internal static class PromptReader
{
    private const string Key = "prompt", Answer = "answer", Domain = "domain";

    public static Example Read(JsonLine line, SourceLine source, ExampleFormat format) => new Example.Task(
        source,
        Prompt(line),
        format.IsAnswerRequired ? ExampleJson.NonEmptyText(line, Answer) : ExampleJson.Optional(line, Answer),
        format.IsDomainRequired ? ExampleJson.NonEmptyText(line, Domain) : ExampleJson.Optional(line, Domain));

    /// <summary>The prompt of a line: a text or a list of messages that ends with the user's.</summary>
    public static Prompt Prompt(JsonLine line)
    {
        var value = ExampleJson.Required(line, Key);
        if (value.ValueKind == JsonValueKind.Array)
        {
            var messages = MessageReader.Read(line, value, Key);
            ChatRules.Check(line, messages, Key, Role.User);
            return new Prompt.Chat(messages);
        }

        if (value.ValueKind == JsonValueKind.String) return new Prompt.Text(ExampleJson.NonEmpty(line, value, Key));
        throw line.Malformed($"has a '{Key}' that is a JSON {JsonLine.Kind(value)}, neither a string nor a list of messages",
            """Write a string, or a list such as [{"role": "user", "content": "..."}]""");
    }
}
