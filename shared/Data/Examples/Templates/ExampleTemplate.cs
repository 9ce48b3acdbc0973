using Distributed.Data.Examples.Records;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Templates;

/// <summary>
/// Encodes examples for models that are trained here. A bar marks the first target; targets end after the end token, which is learnt.
/// <code>
/// text   &lt;|endoftext|&gt; prompt | completion &lt;|endoftext|&gt;
/// chat   &lt;|endoftext|&gt; &lt;|user|&gt; question &lt;|end|&gt; &lt;|assistant|&gt; | answer &lt;|end|&gt;
/// </code>
/// 1. Prompt and completion, and the messages of a chat, are encoded separately and concatenated. So no token spans a border, and the mask
///    begins at the completion's own first token, whatever the tokenizer would merge in the joined text.
/// 2. A sequence begins with exactly one end-of-text token. The text of that token at the start of a prompt of text stands for it.
/// 3. Other names of special tokens in a text stay text.
/// Immutable and thread-safe.
/// </summary>
public sealed class ExampleTemplate
{
    private readonly BpeTokenizer _tokenizer;
    private readonly bool _lastTurnOnly;
    private readonly int _endOfText;
    private readonly string _endOfTextName;
    private readonly Lazy<RoleTokens> _roles;

    /// <summary>Creates a template.</summary>
    /// <param name="tokenizer">The tokenizer; with role tokens if chats are encoded.</param>
    /// <param name="lastTurnOnly">Whether only the last assistant turn of a chat is learnt; every assistant turn otherwise.</param>
    /// <exception cref="DataException">The tokenizer has no end-of-text token.</exception>
    public ExampleTemplate(BpeTokenizer tokenizer, bool lastTurnOnly = false)
    {
        (_tokenizer, _lastTurnOnly, _endOfText) = (tokenizer, lastTurnOnly, tokenizer.EndOfTextId);
        _endOfTextName = tokenizer.Decode([_endOfText]);
        _roles = new(() => RoleTokens.Of(tokenizer));
    }

    /// <summary>Checks that the tokenizer has the tokens that an example needs.</summary>
    /// <exception cref="DataException">The example is a chat, and the tokenizer has no role tokens.</exception>
    public void Check(Example example)
    {
        if (example.NeedsRoles) _ = _roles.Value;
    }

    /// <summary>Encodes an example.</summary>
    /// <exception cref="DataException">
    /// The tokenizer has no role tokens, or the sides of a pair have equal tokens although their texts differ.
    /// </exception>
    public EncodedRecord Encode(Example example) => example switch
    {
        Example.Completion completion => Answered(new Prompt.Text(completion.Prompt), completion.Answer),
        Example.Chat chat => Encode(chat),
        Example.Preference pair => Encode(pair),
        Example.Task task => new EncodedPrompt(Begin(task.Prompt).Build().Tokens, task.Answer, task.Domain),
        _ => throw new ArgumentOutOfRangeException(nameof(example), example, "The kind of the example is unknown."),
    };

    private EncodedExample Encode(Example.Chat chat)
    {
        var sequence = new SequenceBuilder(_tokenizer).Special(_endOfText);
        for (var i = 0; i < chat.Messages.Count; i++)
        {
            var isLearnt = chat.Messages[i].Role == Role.Assistant && (!_lastTurnOnly || i == chat.Messages.Count - 1);
            Append(sequence, chat.Messages[i], isLearnt);
        }

        return sequence.Build();
    }

    private EncodedPair Encode(Example.Preference pair)
    {
        var encoded = new EncodedPair(Answered(pair.Prompt, pair.Chosen), Answered(pair.Prompt, pair.Rejected));
        if (!encoded.IsEqual) return encoded;
        throw new DataException(
            $"{pair.Source} has two sides that the tokenizer encodes equally. Give two different completions, or remove the line.");
    }

    private EncodedExample Answered(Prompt prompt, string answer) => Begin(prompt).Text(answer, isTarget: true)
        .Special(prompt is Prompt.Chat ? _roles.Value.End : _endOfText, isTarget: true).Build();

    // The tokens up to the completion.
    private SequenceBuilder Begin(Prompt prompt)
    {
        var sequence = new SequenceBuilder(_tokenizer).Special(_endOfText);
        switch (prompt)
        {
            case Prompt.Text { Content: var text }:
                return sequence.Text(text.StartsWith(_endOfTextName, StringComparison.Ordinal) ? text[_endOfTextName.Length..] : text);
            case Prompt.Chat { Messages: var messages }:
                foreach (var message in messages) Append(sequence, message, isLearnt: false);
                return sequence.Special(_roles.Value.Of(Role.Assistant));
            default:
                throw new ArgumentOutOfRangeException(nameof(prompt), prompt, "The kind of the prompt is unknown.");
        }
    }

    private void Append(SequenceBuilder sequence, Message message, bool isLearnt) => sequence
        .Special(_roles.Value.Of(message.Role)).Text(message.Content, isLearnt).Special(_roles.Value.End, isLearnt);
}
