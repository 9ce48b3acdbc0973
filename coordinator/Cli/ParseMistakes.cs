using System.CommandLine;
using System.CommandLine.Parsing;

namespace Distributed.Cli;

/// <summary>Describes the mistakes of a command line in the user's terms: the option, the value and what is allowed.</summary>
internal static class ParseMistakes
{
    /// <summary>Returns one text per mistake.</summary>
    public static IEnumerable<string> Of(ParseResult parsed) => parsed.Errors.SelectMany(error => Texts(parsed, error)).Distinct();

    /// <summary>
    /// Returns the mistakes in flags whose value is not true or false, such as <c>--json=maybe</c>: the parser reads it as an argument.
    /// </summary>
    public static IEnumerable<string> OfFlags(ParseResult parsed, IEnumerable<string> args)
    {
        string[] flags = [.. parsed.CommandResult.Command.Options.OfType<Option<bool>>().Select(flag => flag.Name)];
        foreach (var word in args)
        {
            var end = word.IndexOfAny(['=', ':']);
            if (end > 0 && flags.Contains(word[..end]) && !bool.TryParse(word[(end + 1)..], out _))
                yield return $"{word}: allowed: {word[..end]}, or true or false after the =.";
        }
    }

    private static IEnumerable<string> Texts(ParseResult parsed, ParseError error)
    {
        if (error.SymbolResult is ArgumentResult { Tokens.Count: 0 } && Missing(parsed).ToArray() is { Length: > 0 } missing)
            return missing;
        return [error.Message];
    }

    private static IEnumerable<string> Missing(ParseResult parsed) => parsed.CommandResult.Command.Arguments
        .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 })
        .Select(argument => $"<{argument.Name}> is missing: {argument.Description}");
}
