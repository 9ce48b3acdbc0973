using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks;

/// <summary>What a benchmark found, in order: a table for people, and one JSON object with the same keys.</summary>
internal sealed class Figures
{
    private readonly List<(string Key, double Value, string Meaning)> _values = [];
    private readonly List<(string Key, Figures Inner)> _groups = [];

    /// <summary>Adds a figure.</summary>
    /// <param name="key">Its JSON key.</param>
    /// <param name="value">The value.</param>
    /// <param name="meaning">Unit and what it is.</param>
    public Figures Add(string key, double value, string meaning)
    {
        _values.Add((key, value, meaning));
        return this;
    }

    /// <summary>Adds figures under a key of their own.</summary>
    public Figures Add(string key, Figures inner)
    {
        _groups.Add((key, inner));
        return this;
    }

    /// <summary>The JSON object.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (key, value, _) in _values) json[key] = value;
        foreach (var (key, inner) in _groups) json[key] = inner.ToJson();
        return json;
    }

    /// <summary>The table, a figure a line.</summary>
    public IEnumerable<string> ToTable(string prefix = "")
    {
        var width = _values.Count == 0 ? 0 : _values.Max(value => prefix.Length + value.Key.Length);
        foreach (var (key, value, meaning) in _values)
            yield return $"{(prefix + key).PadRight(width)}  {Written(value),12}  {meaning}";
        foreach (var (key, inner) in _groups)
            foreach (var line in inner.ToTable($"{prefix}{key}.")) yield return line;
    }

    private static string Written(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F3", CultureInfo.InvariantCulture),
    };
}
