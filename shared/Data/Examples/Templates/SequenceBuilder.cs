using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Templates;

/// <summary>Builds one sequence from special tokens and texts, each text encoded separately.</summary>
/// <param name="tokenizer">The tokenizer.</param>
internal sealed class SequenceBuilder(BpeTokenizer tokenizer)
{
    private readonly List<int> _tokens = [];
    private readonly List<bool> _isTarget = [];

    /// <summary>Appends a special token.</summary>
    public SequenceBuilder Special(int id, bool isTarget = false)
    {
        _tokens.Add(id);
        _isTarget.Add(isTarget);
        return this;
    }

    /// <summary>Appends a text. Special tokens are not matched: their names in the text stay text.</summary>
    /// <exception cref="DataException">The tokenizer's merges alone turn a part of the text into a special token.</exception>
    public SequenceBuilder Text(string text, bool isTarget = false)
    {
        var start = _tokens.Count;
        tokenizer.Encode(text, _tokens, matchSpecial: false);
        if (_tokens.FindIndex(start, tokenizer.IsSpecial) is >= 0 and var special)
        {
            throw new DataException(
                $"The tokenizer '{tokenizer.Source}' turns a text into its special token {_tokens[special]} "
                + $"('{tokenizer.Decode([_tokens[special]])}'), so that a text could end a message. Use another tokenizer.");
        }

        while (_isTarget.Count < _tokens.Count) _isTarget.Add(isTarget);
        return this;
    }

    /// <summary>The sequence.</summary>
    public EncodedExample Build() => new([.. _tokens], [.. _isTarget]);
}
