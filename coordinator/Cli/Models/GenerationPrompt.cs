using Distributed.Data;
using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Tokenizers;

namespace Distributed.Cli.Models;

/// <summary>The tokens that generation starts from.</summary>
internal static class GenerationPrompt
{
    /// <summary>Encodes a text to continue, or a user's message to answer.</summary>
    /// <param name="tokenizer">The tokenizer of the network.</param>
    /// <param name="prompt">The text or the message.</param>
    /// <param name="isChat">Whether it is a message.</param>
    /// <param name="option">The option or job key that asks for a chat, for the message.</param>
    /// <exception cref="UserErrorException">The prompt is a message, and the tokenizer has no role tokens.</exception>
    public static IReadOnlyList<int> Encode(BpeTokenizer tokenizer, string prompt, bool isChat, string option)
    {
        if (!isChat) return tokenizer.Encode(prompt);
        try
        {
            var chat = new Prompt.Chat([new Message(Role.User, prompt)]);
            var task = new Example.Task(new SourceLine("prompt", 1), chat, Answer: null, Domain: null);
            return ((EncodedPrompt)new ExampleTemplate(tokenizer).Encode(task)).Tokens;
        }
        catch (DataException error)
        {
            throw new UserErrorException($"{option}: {error.Message}");
        }
    }
}
