using Distributed.Data.Tokenizers.Merging;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>Reads <c>model.vocab</c>: distinct tokens with distinct ids.</summary>
internal static class VocabularyReader
{
    /// <summary>
    /// Largest number of unused ids per token. Published vocabularies leave some ids out, and an embedding needs a row for every id.
    /// </summary>
    private const int MostGapsPerToken = 1;

    public static Dictionary<string, int> Read(TokenizerJson vocab)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var tokens = new Dictionary<int, string>();
        var largest = vocab;
        var largestId = -1;
        foreach (var (token, entry) in vocab.Entries())
        {
            var id = entry.Id;
            if (!vocabulary.TryAdd(token, id))
            {
                throw entry.Wrong($"the same token already has the id {vocabulary[token]}. Keep one of the two");
            }

            if (!tokens.TryAdd(id, token))
            {
                throw entry.Wrong($"{id} is also the id of '{tokens[id]}': an id belongs to one token. Give each token its own id");
            }

            (largest, largestId) = id > largestId ? (entry, id) : (largest, largestId);
        }

        for (var value = 0; value < 256; value++)
        {
            var symbol = ByteAlphabet.CharacterOf((byte)value).ToString();
            if (!vocabulary.ContainsKey(symbol))
            {
                throw vocab[symbol].Wrong($"a byte-level vocabulary must have all 256 bytes, and byte 0x{value:X2} is written '{symbol}'");
            }
        }

        return largestId < vocabulary.Count * (1 + MostGapsPerToken) ? vocabulary : throw largest.Wrong(
            $"the vocabulary has {vocabulary.Count} tokens, so ids are expected from 0 to {vocabulary.Count - 1}, "
            + "and at most one in two may be left out");
    }
}
