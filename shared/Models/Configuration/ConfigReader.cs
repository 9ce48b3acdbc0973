using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Models.Configuration;

/// <summary>
/// Reads one section of a configuration key by key, and collects every mistake instead of stopping at the first:
/// wrong type, out of range, unknown key. A wrong value is replaced by the default so that reading can go on.
/// </summary>
/// <param name="section">The section's keys; null reads as an empty section.</param>
/// <param name="path">Path of the section, the prefix of its keys in messages; empty for a whole file.</param>
/// <param name="problems">Where mistakes go; shared by all sections of a file.</param>
public sealed class ConfigReader(JsonObject? section, string path, List<ConfigProblem> problems)
{
    private readonly HashSet<string> _known = [];

    /// <summary>How configuration files are parsed: a key that stands twice is a mistake, and found at once.</summary>
    public static JsonDocumentOptions Strict { get; } = new() { AllowDuplicateProperties = false };

    /// <summary>Every mistake found so far, in all sections that share the list.</summary>
    public IReadOnlyList<ConfigProblem> Problems => problems;

    /// <summary>Whether a mistake has been found in any of this section's keys.</summary>
    public bool HasProblems(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (problems.Exists(problem => problem.Key == (path.Length == 0 ? key : $"{path}.{key}"))) return true;
        return false;
    }

    /// <summary>Whether the key is present with a value that is not null.</summary>
    public bool Has(string key) => Node(key) is not null;

    /// <summary>A whole number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public long Integer(string key, long fallback, long min = 0, long max = long.MaxValue)
    {
        if (Node(key) is not { } node) return fallback;
        var range = max == long.MaxValue ? $"a whole number, at least {min}" : $"a whole number from {min} to {max}";
        if (Number(node) is { } value && value == Math.Floor(value) && value >= min && value <= max) return (long)value;
        Report(key, node, range);
        return fallback;
    }

    /// <summary>As <see cref="Integer"/>, in 32 bits.</summary>
    public int Int(string key, int fallback, int min = 0, int max = int.MaxValue) => (int)Integer(key, fallback, min, max);

    /// <summary>A whole number or null; <paramref name="fallback"/> where the key is left out, which is not the same.</summary>
    public int? OptionalInt(string key, int? fallback, int min = 0, int max = int.MaxValue) =>
        Has(key) ? Int(key, min, min, max) : section is not null && section.ContainsKey(key) ? null : fallback;

    /// <summary>A finite number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public double Real(string key, double fallback, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        if (Node(key) is not { } node) return fallback;
        if (Number(node) is { } value && value >= min && value <= max) return value;
        var range = (double.IsInfinity(min), double.IsInfinity(max)) switch
        {
            (true, true) => "a number",
            (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number, at least {min}"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $"a number, at most {max}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"),
        };
        Report(key, node, range);
        return fallback;
    }

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool fallback)
    {
        if (Node(key) is not { } node) return fallback;
        if (node is JsonValue value)
        {
            if (value.TryGetValue<bool>(out var flag)) return flag;
            if (value.TryGetValue<string>(out var text) && bool.TryParse(text, out flag)) return flag;
        }

        Report(key, node, "true or false");
        return fallback;
    }

    /// <summary>Any text; null when left out.</summary>
    public string? Text(string key, string? fallback = null)
    {
        if (Node(key) is not { } node) return fallback;
        if (node is JsonValue) return node.ToString();
        Report(key, node, "a text");
        return fallback;
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string key, string fallback, params ReadOnlySpan<string> allowed)
    {
        if (Node(key) is not { } node) return fallback;
        var text = node is JsonValue ? node.ToString() : "";
        foreach (var word in allowed)
            if (word == text) return word;
        Report(key, node, "one of " + string.Join(", ", allowed.ToArray()), Nearest(text, allowed.ToArray()));
        return fallback;
    }

    /// <summary>A list of texts; a single text reads as a list of one.</summary>
    public IReadOnlyList<string> Texts(string key, IReadOnlyList<string> fallback)
    {
        switch (Node(key))
        {
            case null: return fallback;
            case JsonValue one: return [one.ToString()];
            case JsonArray many when many.All(item => item is JsonValue): return [.. many.Select(item => item!.ToString())];
            case var node:
                Report(key, node, "a text or a list of texts");
                return fallback;
        }
    }

    /// <summary>A list of numbers of the given length.</summary>
    public IReadOnlyList<double> Reals(string key, IReadOnlyList<double> fallback)
    {
        if (Node(key) is not { } node) return fallback;
        if (node is JsonArray list && list.Count == fallback.Count && list.All(item => item is not null && Number(item) is not null))
            return [.. list.Select(item => Number(item!)!.Value)];
        Report(key, node, $"a list of {fallback.Count} numbers");
        return fallback;
    }

    /// <summary>A section below this one; empty when left out.</summary>
    public ConfigReader Section(string key)
    {
        var node = Node(key);
        if (node is not null and not JsonObject) Report(key, node, "a section with keys of its own");
        return new ConfigReader(node as JsonObject, Full(key), problems);
    }

    /// <summary>Reports a mistake that the caller found, such as two keys that do not fit together.</summary>
    public void Refuse(string key, string allowed) => problems.Add(new ConfigProblem(Full(key), Node(key)?.ToJsonString(), allowed));

    /// <summary>Reports every key that nobody asked for, except those in <paramref name="tolerated"/>.</summary>
    public void RefuseUnknown(params ReadOnlySpan<string> tolerated)
    {
        if (section is null) return;
        var ignored = tolerated.ToArray();
        foreach (var (key, _) in section)
        {
            if (_known.Contains(key) || ignored.Contains(key)) continue;
            var known = _known.Order(StringComparer.Ordinal).ToArray();
            problems.Add(new ConfigProblem(Full(key), section[key]?.ToJsonString(), "no such key", Nearest(key, known) is { } near ? Full(near) : null));
        }
    }

    /// <summary>The word of <paramref name="known"/> within half of its length in edits of <paramref name="word"/>, or null.</summary>
    public static string? Nearest(string word, IReadOnlyCollection<string> known)
    {
        var best = known.Select(candidate => (candidate, distance: EditDistance(word, candidate))).OrderBy(pair => pair.distance).FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Max(2, best.candidate.Length / 2) ? best.candidate : null;
    }

    private string Full(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private JsonNode? Node(string key)
    {
        _known.Add(key);
        return section is not null && section.TryGetPropertyValue(key, out var node) ? node : null;
    }

    private void Report(string key, JsonNode node, string allowed, string? nearest = null) =>
        problems.Add(new ConfigProblem(Full(key), node.ToJsonString(), $"allowed: {allowed}", nearest));

    // YAML knows no types: a number may arrive as text. A number too large for a double is no number.
    private static double? Number(JsonNode node) =>
        node is JsonValue && node.GetValueKind() is JsonValueKind.Number or JsonValueKind.String
        && double.TryParse(node.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
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
