using System.Text.Json;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>Reads <c>model.merges</c>: distinct pairs of tokens in order of rank, whose parts and product are in the vocabulary.</summary>
internal static class MergeReader
{
    public static List<(string Left, string Right)> Read(TokenizerJson merges, Dictionary<string, int> vocabulary)
    {
        var pairs = new List<(string, string)>();
        var ranks = new Dictionary<(string, string), int>();
        foreach (var merge in merges.Items())
        {
            var pair = ReadPair(merge, vocabulary);
            if (!ranks.TryAdd(pair, pairs.Count))
            {
                throw merge.Wrong($"{merges.Key}[{ranks[pair]}] is the same pair: a pair has one rank. Remove one of the two");
            }

            pairs.Add(pair);
        }

        return pairs;
    }

    private static (string Left, string Right) ReadPair(TokenizerJson merge, Dictionary<string, int> vocabulary)
    {
        string[] parts = merge.Element.ValueKind == JsonValueKind.String
            ? merge.Text.Split(' ')
            : [.. merge.Items().Select(part => part.Text)];
        if (parts is not [{ Length: > 0 } left, { Length: > 0 } right])
        {
            throw merge.Wrong("a merge is \"left right\" or [\"left\", \"right\"]");
        }

        foreach (var token in (string[])[left, right, left + right])
        {
            if (!vocabulary.ContainsKey(token))
            {
                throw merge.Wrong($"its token '{token}' must be in model.vocab");
            }
        }

        return (left, right);
    }
}
