using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Configuration;

/// <summary>
/// Reads one section of a configuration key by key, and collects every mistake instead of stopping at the first:
/// wrong type, out of range, unknown key. A wrong value is replaced by the default so that reading can continue.
/// </summary>
/// <param name="section">The section's keys; null stands for an empty section.</param>
/// <param name="path">Path of the section, which prefixes its keys in messages; empty for a whole file.</param>
/// <param name="problems">Receives the mistakes; shared by all sections of a file.</param>
public sealed class ConfigReader(JsonObject? section, string path, List<ConfigProblem> problems)
{
    // Neither spaces nor thousands separators are allowed: "0,8" is not a number.
    private const NumberStyles NumberForm = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private const int LongestWord = 64, LongestShown = 200;

    private readonly HashSet<string> _known = [];

    /// <summary>All mistakes found so far, in all sections that share the list.</summary>
    public IReadOnlyList<ConfigProblem> Problems => problems;

    /// <summary>Whether a mistake has been found in any of the given keys of this section.</summary>
    public bool HasProblems(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (problems.Exists(problem => problem.Key == (path.Length == 0 ? key : $"{path}.{key}"))) return true;
        return false;
    }

    /// <summary>Whether the key is present with a value that is not null.</summary>
    public bool Has(string key) => Node(key) is not null;

    /// <summary>Whether the key is present, with any value, null included.</summary>
    public bool IsGiven(string key)
    {
        _known.Add(key);
        return section is not null && section.ContainsKey(key);
    }

    /// <summary>
    /// Whether the key is present and null. Use this for keys that allow null: every other method reports null as a mistake.
    /// </summary>
    public bool IsNone(string key) => IsGiven(key) && Node(key) is null;

    /// <summary>Reads a whole number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public long Integer(string key, long fallback, long min = 0, long max = long.MaxValue)
    {
        var range = new WholeRange(min, max);
        var allowed = range.ToString();
        if (!TryNode(key, allowed, out var node)) return fallback;
        if (Number(node) is { } value && range.Contains(value)) return (long)value;
        Report(key, node, allowed);
        return fallback;
    }

    /// <summary>Reads a whole number as <see cref="Integer"/> does, in 32 bits.</summary>
    public int Int(string key, int fallback, int min = 0, int max = int.MaxValue) => (int)Integer(key, fallback, min, max);

    /// <summary>Reads a whole number or null. A null value gives null; a missing key gives <paramref name="fallback"/>.</summary>
    public int? OptionalInt(string key, int? fallback, int min = 0, int max = int.MaxValue) =>
        Has(key) ? Int(key, min, min, max) : IsNone(key) ? null : fallback;

    /// <summary>Reads a finite number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public double Real(string key, double fallback, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        var range = new NumberRange(min, max);
        var allowed = range.ToString();
        if (!TryNode(key, allowed, out var node)) return fallback;
        if (Number(node) is { } value && range.Contains(value)) return value;
        Report(key, node, allowed);
        return fallback;
    }

    /// <summary>Reads a finite number or null. A null value gives null; a missing key gives <paramref name="fallback"/>.</summary>
    public double? OptionalReal(
        string key, double? fallback, double min = double.NegativeInfinity, double max = double.PositiveInfinity) =>
        Has(key) ? Real(key, double.IsInfinity(min) ? 0 : min, min, max) : IsNone(key) ? null : fallback;

    /// <summary>Reads true or false.</summary>
    public bool Flag(string key, bool fallback)
    {
        if (!TryNode(key, AllowedText.Flag, out var node)) return fallback;
        if (node is JsonValue value)
        {
            if (value.TryGetValue<bool>(out var flag)) return flag;
            if (value.TryGetValue<string>(out var text) && bool.TryParse(text, out flag)) return flag;
        }

        Report(key, node, AllowedText.Flag);
        return fallback;
    }

    /// <summary>Reads a string; a missing key gives <paramref name="fallback"/>.</summary>
    public string? Text(string key, string? fallback = null)
    {
        if (!TryNode(key, AllowedText.Text, out var node)) return fallback;
        if (node is JsonValue) return node.ToString();
        Report(key, node, AllowedText.Text);
        return fallback;
    }

    /// <summary>Reads a string or null. A null value gives null; a missing key gives <paramref name="fallback"/>.</summary>
    public string? OptionalText(string key, string? fallback = null) => IsNone(key) ? null : Text(key, fallback);

    /// <summary>Reads one of the words in <paramref name="allowed"/>.</summary>
    public string Choice(string key, string fallback, params ReadOnlySpan<string> allowed)
    {
        var words = AllowedText.Words(allowed.ToArray());
        if (!TryNode(key, words, out var node)) return fallback;
        var text = node is JsonValue ? node.ToString() : "";
        foreach (var word in allowed)
            if (word == text) return word;
        Report(key, node, words, Nearest(text, allowed.ToArray()));
        return fallback;
    }

    /// <summary>Reads a list of strings; a single string gives a list of one.</summary>
    public IReadOnlyList<string> Texts(string key, IReadOnlyList<string> fallback)
    {
        if (!TryNode(key, AllowedText.Texts, out var node)) return fallback;
        switch (node)
        {
            case JsonValue one: return [one.ToString()];
            case JsonArray many when many.All(item => item is JsonValue): return [.. many.Select(item => item!.ToString())];
            default:
                Report(key, node, AllowedText.Texts);
                return fallback;
        }
    }

    /// <summary>Reads a list of numbers as long as <paramref name="fallback"/>.</summary>
    public IReadOnlyList<double> Reals(string key, IReadOnlyList<double> fallback)
    {
        var allowed = AllowedText.Reals(fallback.Count);
        if (!TryNode(key, allowed, out var node)) return fallback;
        if (node is JsonArray list && list.Count == fallback.Count && list.All(item => item is not null && Number(item) is not null))
            return [.. list.Select(item => Number(item!)!.Value)];
        Report(key, node, allowed);
        return fallback;
    }

    /// <summary>Returns the reader of a section below this one; the section is empty if the key is missing.</summary>
    /// <param name="key">Name of the section.</param>
    /// <param name="replace">Returns the keys to read instead of the section's; null reads the section's.</param>
    public ConfigReader Section(string key, Func<JsonObject, JsonObject>? replace = null)
    {
        if (TryNode(key, AllowedText.Section, out var node) && node is not JsonObject) Report(key, node, AllowedText.Section);
        var keys = node as JsonObject;
        return new ConfigReader(keys is null || replace is null ? keys : replace(keys), Full(key), problems);
    }

    /// <summary>Reports a mistake that the caller found, such as two keys that contradict each other.</summary>
    public void Refuse(string key, string allowed) => Refuse(key, Node(key) is { } node ? Shown(node) : null, allowed);

    /// <summary>Reports a mistake that the caller found, with the value to show; null shows none.</summary>
    public void Refuse(string key, string? value, string allowed) => problems.Add(new ConfigProblem(Full(key), value, allowed));

    /// <summary>Reports every key that was not read, except those in <paramref name="tolerated"/>.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> tolerated)
    {
        if (section is null) return;
        var ignored = tolerated.ToArray();
        var known = _known.Order(StringComparer.Ordinal).ToArray();
        foreach (var (key, node) in section)
        {
            if (_known.Contains(key) || ignored.Contains(key)) continue;
            var nearest = Nearest(key, known) is { } near ? Full(near) : null;
            problems.Add(new ConfigProblem(Full(Shorten(key)), node is null ? null : Shown(node), "no such key", nearest));
        }
    }

    /// <summary>
    /// The word of <paramref name="known"/> with the smallest edit distance to <paramref name="word"/>; null if that distance exceeds both
    /// 2 and half of the known word's length.
    /// </summary>
    public static string? Nearest(string word, IReadOnlyCollection<string> known)
    {
        if (word.Length > LongestWord) return null;
        var best = known.Select(candidate => (candidate, distance: EditDistance(word, candidate)))
            .OrderBy(pair => pair.distance).FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Max(2, best.candidate.Length / 2) ? best.candidate : null;
    }

    private string Full(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private JsonNode? Node(string key)
    {
        _known.Add(key);
        return section is not null && section.TryGetPropertyValue(key, out var node) ? node : null;
    }

    // A null is a mistake; callers that allow null check IsNone first.
    private bool TryNode(string key, string allowed, [NotNullWhen(true)] out JsonNode? node)
    {
        node = Node(key);
        if (node is null && IsGiven(key)) Report(key, null, allowed);
        return node is not null;
    }

    // A key may be read twice; its mistake is reported once.
    private void Report(string key, JsonNode? node, string allowed, string? nearest = null)
    {
        if (!HasProblems(key))
            problems.Add(new ConfigProblem(Full(key), node is null ? "null" : Shown(node), $"allowed: {allowed}", nearest));
    }

    private static string Shown(JsonNode node) => Shorten(node.ToJsonString());

    private static string Shorten(string text) =>
        text.Length <= LongestShown ? text : $"{text.AsSpan(0, LongestShown)}... ({text.Length} characters)";

    // YAML values have no type, so a number may arrive as a string. A number too large for a double is not accepted.
    private static double? Number(JsonNode node) =>
        node is JsonValue && node.GetValueKind() is JsonValueKind.Number or JsonValueKind.String
        && node.ToString() is var text && !text.Contains('\0', StringComparison.Ordinal) // TryParse ignores trailing null characters
        && double.TryParse(text, NumberForm, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : null;

    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
