using Distributed.Data.Examples.Records;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Templates;

/// <summary>
/// The ids of the special tokens of a chat: one before the message of each role, and one after every message. The tokenizer must have them
/// when the model is trained for the first time, because they are rows of its embedding.
/// </summary>
public sealed class RoleTokens
{
    /// <summary>The text of the token after every message.</summary>
    public const string EndText = "<|end|>";

    private readonly int[] _roles;

    private RoleTokens(int[] roles, int end) => (_roles, End) = (roles, end);

    /// <summary>The special tokens of a tokenizer for chats: the end of text, the roles, the end of a message.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } =
        [BpeTokenizer.EndOfText, .. Enum.GetValues<Role>().Select(TextOf), EndText];

    /// <summary>The id of the token after every message.</summary>
    public int End { get; }

    /// <summary>Finds the tokens of a tokenizer.</summary>
    /// <exception cref="DataException">The tokenizer lacks some of them as special tokens; the message names these.</exception>
    public static RoleTokens Of(BpeTokenizer tokenizer)
    {
        var ids = tokenizer.AddedTokens.Where(token => token.IsSpecial).ToDictionary(token => token.Content, token => token.Id);
        string[] needed = [.. Enum.GetValues<Role>().Select(TextOf), EndText];
        if (needed.Where(text => !ids.ContainsKey(text)).ToList() is { Count: > 0 } missing)
        {
            throw new DataException(
                $"The tokenizer '{tokenizer.Source}' cannot encode chats: it has no special token {string.Join(", ", missing)}. "
                + "Use a tokenizer that was trained with 'tokenizer train --roles', and a model that was trained with that tokenizer; "
                + "or write prompts and completions as text.");
        }

        return new RoleTokens([.. Enum.GetValues<Role>().Select(role => ids[TextOf(role)])], ids[EndText]);
    }

    /// <summary>The id of the token before a message.</summary>
    public int Of(Role role) => _roles[(int)role];

    /// <summary>The text of the token before a message.</summary>
    public static string TextOf(Role role) => role switch
    {
        Role.System => "<|system|>",
        Role.User => "<|user|>",
        Role.Assistant => "<|assistant|>",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "The role is unknown."),
    };
}
