using System.Text.RegularExpressions;

namespace Distributed.Coordinator.Api;

/// <summary>Rewrites the server's message about an unreadable parameter: names the parameter, without internal type names.</summary>
internal static partial class BadRequest
{
    /// <summary>Names the parameter, its value and the allowed values. Any other message is returned unchanged.</summary>
    public static string Describe(string message)
    {
        if (Parameter().Match(message) is not { Success: true } match) return message;
        var (type, name, value) = (match.Groups["type"].Value, match.Groups["name"].Value, match.Groups["value"]);
        var allowed = type.StartsWith("bool", StringComparison.Ordinal) ? "true or false" : "a whole number";
        return $"{name}{(value.Success ? $" = \"{value.Value}\" is not allowed" : " is missing")}; allowed: {allowed}.";
    }

    [GeneratedRegex("parameter \"(?<type>[^ \"]+) (?<name>[^\"]+)\"(?: from \"(?<value>.*)\"\\.)?", RegexOptions.Singleline)]
    private static partial Regex Parameter();
}
