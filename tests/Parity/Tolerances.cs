using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Distributed.Parity.Tests;

/// <summary>
/// The <c>tolerance</c> of a case. A value is a number, a list that begins with one, or words around numbers
/// ("max|a-b| &lt;= 2e-4 * max|b| + 1e-6"); what is not given in any of these ways is what its family uses.
/// </summary>
public sealed partial class Tolerances(JsonObject? given)
{
    /// <summary>A bound, less than 1.</summary>
    public double Get(string key, double fallback) => Bounds(key).FirstOrDefault(fallback);

    /// <summary>A bound relative to the largest value, and an absolute one.</summary>
    public (double Relative, double Absolute) Pair(string key, double relative, double absolute) =>
        Bounds(key) is [var first, var second, ..] ? (first, second) : (relative, absolute);

    /// <summary>The number that a pattern's only group finds in what is said under a key.</summary>
    public double Find(string key, string pattern, double fallback) =>
        given?[key] is { } node && Regex.Match(Words(node), pattern) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : fallback;

    // Whole numbers in words count steps or tokens: no bound is 1 or more.
    private double[] Bounds(string key) => given?[key] is { } node
        ? [.. NumberPattern().Matches(Words(node)).Select(match => double.Parse(match.Value, CultureInfo.InvariantCulture)).Where(number => number < 1)]
        : [];

    private static string Words(JsonNode node) => node is JsonArray list ? string.Join("; ", list.Select(item => item?.ToString())) : node.ToString();

    [GeneratedRegex(@"(?<![\w.])\d+(\.\d+)?([eE][+-]?\d+)?")]
    private static partial Regex NumberPattern();
}
