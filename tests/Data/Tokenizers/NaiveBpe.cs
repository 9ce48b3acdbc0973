using System.Text;
using System.Text.RegularExpressions;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>Byte-pair encoding implemented directly from its definition: all pairs are counted again for each merge.</summary>
internal static class NaiveBpe
{
    /// <returns>The merges as ids: 0 to 255 are bytes, 256 the first merge's product.</returns>
    public static List<(int Left, int Right)> Train(IEnumerable<string> documents, string pattern, int merges, int minimumCount)
    {
        var words = documents.SelectMany(document => Regex.Matches(document, pattern, RegexOptions.CultureInvariant))
            .Select(match => Encoding.UTF8.GetBytes(match.Value).Select(value => (int)value).ToList())
            .ToList();
        var result = new List<(int Left, int Right)>();
        var texts = Enumerable.Range(0, 256).Select(value => new List<int> { value }).ToList();
        while (texts.Count - 256 < merges)
        {
            var counts = new Dictionary<(int, int), int>();
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
                }
            }

            var best = counts.Where(pair => pair.Value >= minimumCount).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key)
                .Select(pair => ((int, int)?)pair.Key).FirstOrDefault();
            if (best is not var (left, right))
            {
                break;
            }

            List<int> text = [.. texts[left], .. texts[right]];
            var product = texts.FindIndex(text.SequenceEqual);
            if (product < 0)
            {
                product = texts.Count;
                texts.Add(text);
            }

            result.Add((left, right));
            words.ForEach(word => Apply(word, left, right, product));
        }

        return result;
    }

    /// <summary>Applies the merges one after the other to the whole word, which is equal to the lowest rank first.</summary>
    public static List<int> Encode(string piece, IReadOnlyList<(int Left, int Right)> merges)
    {
        var word = Encoding.UTF8.GetBytes(piece).Select(value => (int)value).ToList();
        for (var rank = 0; rank < merges.Count; rank++)
        {
            Apply(word, merges[rank].Left, merges[rank].Right, 256 + rank);
        }

        return word;
    }

    private static void Apply(List<int> word, int left, int right, int product)
    {
        for (var i = 0; i + 1 < word.Count; i++)
        {
            if (word[i] == left && word[i + 1] == right)
            {
                word[i] = product;
                word.RemoveAt(i + 1);
            }
        }
    }
}
