using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks;

/// <summary>The results of a benchmark, in order: a table for people, and one JSON object with the same keys.</summary>
internal sealed class Figures
{
    private readonly List<(string Key, double Value, string Meaning)> _values = [];
    private readonly List<(string Key, Figures Inner)> _groups = [];

    /// <summary>Adds a figure.</summary>
    /// <param name="key">JSON key of the figure.</param>
    /// <param name="value">The value.</param>
    /// <param name="meaning">Unit and meaning.</param>
    public Figures Add(string key, double value, string meaning)
    {
        _values.Add((key, value, meaning));
        return this;
    }

    /// <summary>Adds a group of figures under a key.</summary>
    public Figures Add(string key, Figures inner)
    {
        _groups.Add((key, inner));
        return this;
    }

    /// <summary>Returns the JSON object.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (key, value, _) in _values) json[key] = value;
        foreach (var (key, inner) in _groups) json[key] = inner.ToJson();
        return json;
    }

    /// <summary>Returns the table, one figure per line.</summary>
    public IEnumerable<string> ToTable(string prefix = "")
    {
        var width = _values.Count == 0 ? 0 : _values.Max(value => prefix.Length + value.Key.Length);
        foreach (var (key, value, meaning) in _values)
            yield return $"{(prefix + key).PadRight(width)}  {Format(value),12}  {meaning}";
        foreach (var (key, inner) in _groups)
            foreach (var line in inner.ToTable($"{prefix}{key}.")) yield return line;
    }

    private static string Format(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        _ => value.ToString("F3", CultureInfo.InvariantCulture),
    };
}
