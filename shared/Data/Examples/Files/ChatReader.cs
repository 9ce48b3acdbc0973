using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads a line of <see cref="ExampleKind.Chats"/>.</summary>
internal static class ChatReader
{
    private const string Messages = "messages";

    public static Example Read(JsonLine line, SourceLine source)
    {
        var messages = MessageReader.Read(line, ExampleJson.Required(line, Messages), Messages);
        ChatRules.Check(line, messages, Messages, Role.Assistant);
        return new Example.Chat(source, messages);
    }
}
