using System.Text.RegularExpressions;

namespace Distributed.Coordinator.Api;

/// <summary>What the server says of a parameter that it cannot read, in a caller's terms: no type of the program's.</summary>
internal static partial class BadRequest
{
    /// <summary>Names the parameter, its value, and what is allowed; any other message as it is.</summary>
    public static string Told(string message)
    {
        if (Parameter().Match(message) is not { Success: true } match) return message;
        var (type, name, value) = (match.Groups["type"].Value, match.Groups["name"].Value, match.Groups["value"]);
        var allowed = type.StartsWith("bool", StringComparison.Ordinal) ? "true or false" : "a whole number";
        return $"{name}{(value.Success ? $" = \"{value.Value}\" is not allowed" : " is missing")}; allowed: {allowed}.";
    }

    [GeneratedRegex("parameter \"(?<type>[^ \"]+) (?<name>[^\"]+)\"(?: from \"(?<value>.*)\"\\.)?", RegexOptions.Singleline)]
    private static partial Regex Parameter();
}
