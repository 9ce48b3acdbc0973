using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Distributed.Parity.Tests;

/// <summary>
/// The <c>tolerance</c> of a case. A value is a number, a list that begins with a number, or text that contains numbers
/// ("max|a-b| &lt;= 2e-4 * max|b| + 1e-6"). A missing value is replaced by the default of the family.
/// </summary>
public sealed partial class Tolerances(JsonObject? given)
{
    /// <summary>Reads a bound below 1.</summary>
    public double Get(string key, double fallback) => Bounds(key).FirstOrDefault(fallback);

    /// <summary>Reads a bound relative to the largest value, and an absolute bound.</summary>
    public (double Relative, double Absolute) Pair(string key, double relative, double absolute) =>
        Bounds(key) is [var first, var second, ..] ? (first, second) : (relative, absolute);

    /// <summary>Reads the number that the only group of a pattern matches in the value of a key.</summary>
    public double Find(string key, string pattern, double fallback) =>
        given?[key] is { } node && Regex.Match(Words(node), pattern) is { Success: true } match
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : fallback;

    // Numbers of 1 or more in text are counts of steps or tokens, not bounds.
    private double[] Bounds(string key) => given?[key] is { } node
        ? [.. NumberPattern().Matches(Words(node)).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture))
            .Where(number => number < 1)]
        : [];

    private static string Words(JsonNode node) =>
        node is JsonArray list ? string.Join("; ", list.Select(item => item?.ToString())) : node.ToString();

    [GeneratedRegex(@"(?<![\w.])\d+(\.\d+)?([eE][+-]?\d+)?")]
    private static partial Regex NumberPattern();
}
