using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>
/// Checks the order of messages: (1) a system message is the first one only; (2) user and assistant alternate, and the user begins;
/// (3) the last message has the role that the list is for.
/// </summary>
internal static class ChatRules
{
    /// <summary>Checks a list of messages.</summary>
    /// <param name="line">The line, for messages.</param>
    /// <param name="messages">The messages; at least one.</param>
    /// <param name="name">Path of the list in the line.</param>
    /// <param name="last">The role of the last message: the assistant in a chat to learn, the user in a prompt.</param>
    /// <exception cref="DataException">The messages break a rule.</exception>
    public static void Check(JsonLine line, IReadOnlyList<Message> messages, string name, Role last)
    {
        if (last == Role.Assistant && messages.All(message => message.Role != Role.Assistant))
        {
            throw line.Malformed($"has no assistant turn in '{name}'", "Add the assistant's answer, or remove the line");
        }

        var expected = Role.User;
        for (var i = 0; i < messages.Count; i++)
        {
            var role = messages[i].Role;
            if (role == Role.System)
            {
                if (i == 0) continue;
                throw line.Malformed($"has a system message at '{name}[{i}]'", "Put it first, or merge it into the first message");
            }

            if (role != expected) throw OutOfTurn(line, messages, i, name);
            expected = role == Role.User ? Role.Assistant : Role.User;
        }

        if (messages[^1].Role == last) return;
        throw line.Malformed($"ends with a message of the {Word(messages[^1].Role)} in '{name}', not of the {Word(last)}",
            last == Role.Assistant ? "Add the assistant's answer, or remove the last message" : "End with a message of the user");
    }

    /// <summary>The name of a role in a file.</summary>
    public static string Word(Role role) => role.ToString().ToLowerInvariant();

    private static DataException OutOfTurn(JsonLine line, IReadOnlyList<Message> messages, int at, string name)
    {
        var word = Word(messages[at].Role);
        return at > 0 && messages[at - 1].Role == messages[at].Role
            ? line.Malformed($"has two {word} turns in a row at '{name}[{at}]'", "Merge them into one message")
            : line.Malformed($"begins with an {word} turn at '{name}[{at}]'", "Begin with a message of the user");
    }
}
