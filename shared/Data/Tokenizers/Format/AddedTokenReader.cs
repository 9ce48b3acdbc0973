using Distributed.Data.Tokenizers.AddedTokens;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>
/// Reads <c>added_tokens</c>. Hugging Face's library looks a token's text up in the vocabulary, and assigns the next free id to a token
/// that is not in it, regardless of the id in the file (added_vocabulary.rs, add_tokens). A file with another id would give different ids
/// in the two libraries, so it is refused.
/// </summary>
internal static class AddedTokenReader
{
    public static IReadOnlyList<AddedToken> Read(TokenizerJson json, IReadOnlyDictionary<string, int> vocabulary)
    {
        var added = new List<AddedToken>();
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        var ordinary = vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        var next = vocabulary.Count;
        foreach (var item in json.IsNull ? [] : json.Items())
        {
            var token = ReadOne(item);
            if (token.Content.Length == 0)
            {
                throw item["content"].Wrong("a token that is matched in text must have at least one character. Remove it");
            }

            if (!keys.TryAdd(token.Content, item.Key))
            {
                var first = added.Find(other => other.Content == token.Content)!;
                throw item["content"].Wrong(
                    $"{keys[token.Content]} has the same text, with id {first.Id}: this one has id {token.Id}. Remove one of the two");
            }

            RequireItsId(item, token, vocabulary, ordinary, next, added);
            added.Add(token);
            next = Math.Max(next, token.Id + 1);
        }

        return added;
    }

    private static void RequireItsId(
        TokenizerJson item,
        AddedToken token,
        IReadOnlyDictionary<string, int> vocabulary,
        Dictionary<int, string> ordinary,
        int next,
        List<AddedToken> before)
    {
        if (vocabulary.TryGetValue(token.Content, out var known))
        {
            if (token.Id == known) return;
            throw item["id"].Wrong($"its text '{token.Content}' has the id {known} in model.vocab. Write the same id in both places");
        }
        else if (ordinary.TryGetValue(token.Id, out var other))
        {
            throw item["id"].Wrong(
                $"{token.Id} is the id of '{other}' in model.vocab, and this token is '{token.Content}': an id belongs to one token. "
                + $"Give it the id {next}");
        }
        else if (before.Find(one => one.Id == token.Id) is { } same)
        {
            throw item["id"].Wrong(
                $"{token.Id} is also the id of the added token '{same.Content}', and this one is '{token.Content}': "
                + $"an id belongs to one token. Give it the id {next}");
        }
        else if (token.Id != next)
        {
            throw item["id"].Wrong(
                $"'{token.Content}' is not in model.vocab, and such tokens have the ids after its {vocabulary.Count} tokens, "
                + $"in order and without gaps. Give it the id {next}");
        }
    }

    private static AddedToken ReadOne(TokenizerJson token) => new(
        token["id"].Id,
        token["content"].Text,
        token["special"].Flag(otherwise: false),
        token["single_word"].Flag(otherwise: false),
        token["lstrip"].Flag(otherwise: false),
        token["rstrip"].Flag(otherwise: false),
        token["normalized"].Flag(otherwise: false));
}
