using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads lists of messages.</summary>
internal static class MessageReader
{
    private static readonly Dictionary<string, Role> Roles =
        Enum.GetValues<Role>().ToDictionary(role => role.ToString().ToLowerInvariant());

    /// <summary>Reads the messages of a list that is not empty. Their order is not checked.</summary>
    /// <param name="line">The line.</param>
    /// <param name="list">The value.</param>
    /// <param name="name">Path of the value in the line, for messages.</param>
    public static IReadOnlyList<Message> Read(JsonLine line, JsonElement list, string name)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw line.Malformed($"has a '{name}' that is a JSON {JsonLine.Kind(list)}, not a list of messages",
                """Write a list such as [{"role": "user", "content": "..."}]""");
        }

        if (list.GetArrayLength() == 0)
        {
            throw line.Malformed($"has an empty list '{name}'", "Give at least one message, or remove the line");
        }

        return [.. list.EnumerateArray().Select((item, index) => ReadOne(line, item, $"{name}[{index}]"))];
    }

    private static Message ReadOne(JsonLine line, JsonElement item, string name)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw line.Malformed($"has a '{name}' that is a JSON {JsonLine.Kind(item)}, not a message",
                """Write {"role": "...", "content": "..."}""");
        }

        var word = line.TextOf(ExampleJson.Required(line, "role", item, name), $"{name}.role");
        if (!Roles.TryGetValue(word, out var role))
        {
            var near = ConfigReader.Nearest(word, Roles.Keys) is { } known ? $"; the nearest is '{known}'" : "";
            throw line.Malformed($"has the unknown role '{ExampleJson.Shown(word)}' in '{name}'",
                $"Allowed: {string.Join(", ", Roles.Keys.Select(each => $"'{each}'"))}{near}");
        }

        return new Message(role, ExampleJson.NonEmpty(line, ExampleJson.Required(line, "content", item, name), $"{name}.content"));
    }
}
