using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Parity.Tests;

/// <summary>A node of <c>case.json</c>. Numbers may be integers, decimals or strings; null counts as missing.</summary>
public sealed class Settings(string where, JsonNode? node)
{
    /// <summary>The keys of an object.</summary>
    public IEnumerable<string> Keys => node is JsonObject map ? map.Select(pair => pair.Key) : [];

    /// <summary>The elements of an array; empty for other nodes.</summary>
    public IReadOnlyList<Settings> Items =>
        node is JsonArray list ? [.. list.Select((item, i) => new Settings($"{where}[{i}]", item))] : [];

    /// <summary>Returns the node of a key.</summary>
    public Settings this[string key] => new($"{where}.{key}", node is JsonObject map ? map[key] : null);

    /// <summary>Whether a key has a value.</summary>
    public bool Has(string key) => node is JsonObject map && map[key] is not null;

    /// <summary>The node as text; null if it is missing.</summary>
    public string? Text => node?.ToString();

    /// <summary>The node as a number; null if it is not a number.</summary>
    public double? AsNumber =>
        node is JsonValue && double.TryParse(node.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    /// <summary>Reads a required number.</summary>
    public double Number(string key)
    {
        var number = this[key].AsNumber;
        Assert.True(number is not null, $"{where}.{key} is '{this[key].Text}'; it must be a number.");
        return number!.Value;
    }

    /// <summary>Reads an optional number.</summary>
    public double Number(string key, double fallback) => Has(key) ? Number(key) : fallback;

    /// <summary>Reads a required whole number.</summary>
    public long Whole(string key)
    {
        var number = Number(key);
        Assert.True(Math.Floor(number) == number, $"{where}.{key} is {number}; it must be a whole number.");
        return (long)number;
    }

    /// <summary>Reads an optional whole number.</summary>
    public long Whole(string key, long fallback) => Has(key) ? Whole(key) : fallback;

    /// <summary>Reads an optional flag.</summary>
    public bool Flag(string key, bool fallback) => Has(key) ? this[key].Text is "true" or "True" or "1" : fallback;
}
