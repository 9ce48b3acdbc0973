using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Parity.Tests;

/// <summary>A node of <c>case.json</c>. Numbers may be written as whole, as decimal or as text; null is the same as left out.</summary>
public sealed class Settings(string where, JsonNode? node)
{
    /// <summary>The keys of an object.</summary>
    public IEnumerable<string> Keys => node is JsonObject map ? map.Select(pair => pair.Key) : [];

    /// <summary>The elements of an array; none of anything else.</summary>
    public IReadOnlyList<Settings> Items => node is JsonArray list ? [.. list.Select((item, i) => new Settings($"{where}[{i}]", item))] : [];

    /// <summary>What lies under a key.</summary>
    public Settings this[string key] => new($"{where}.{key}", node is JsonObject map ? map[key] : null);

    /// <summary>Whether a key has a value.</summary>
    public bool Has(string key) => node is JsonObject map && map[key] is not null;

    /// <summary>The node as text; null without one.</summary>
    public string? Text => node?.ToString();

    /// <summary>The node as a number; null where it is none.</summary>
    public double? AsNumber => node is JsonValue && double.TryParse(node.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A number that has to be there.</summary>
    public double Number(string key)
    {
        var number = this[key].AsNumber;
        Assert.True(number is not null, $"{where}.{key} is '{this[key].Text}', and has to be a number.");
        return number!.Value;
    }

    /// <summary>A number that may be left out.</summary>
    public double Number(string key, double fallback) => Has(key) ? Number(key) : fallback;

    /// <summary>A whole number that has to be there.</summary>
    public long Whole(string key)
    {
        var number = Number(key);
        Assert.True(Math.Floor(number) == number, $"{where}.{key} is {number}, and has to be a whole number.");
        return (long)number;
    }

    /// <summary>A whole number that may be left out.</summary>
    public long Whole(string key, long fallback) => Has(key) ? Whole(key) : fallback;

    /// <summary>A flag that may be left out.</summary>
    public bool Flag(string key, bool fallback) => Has(key) ? this[key].Text is "true" or "True" or "1" : fallback;
}
