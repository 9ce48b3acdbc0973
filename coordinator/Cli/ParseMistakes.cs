using System.CommandLine;
using System.CommandLine.Parsing;

namespace Distributed.Cli;

/// <summary>What is wrong with the words of a command line, in a user's terms: the option, the value and what is allowed, and no type of the program's.</summary>
internal static class ParseMistakes
{
    /// <summary>One text for each mistake.</summary>
    public static IEnumerable<string> Of(ParseResult parsed) => parsed.Errors.SelectMany(error => Texts(parsed, error)).Distinct();

    private static IEnumerable<string> Texts(ParseResult parsed, ParseError error)
    {
        if (error.Message.StartsWith("Required argument missing", StringComparison.Ordinal) && Missing(parsed).ToArray() is { Length: > 0 } missing) return missing;
        return [NotAFlag(error) ?? error.Message];
    }

    private static IEnumerable<string> Missing(ParseResult parsed) => parsed.CommandResult.Command.Arguments
        .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 })
        .Select(argument => $"<{argument.Name}> is missing: {argument.Description}");

    private static string? NotAFlag(ParseError error)
    {
        var (name, type) = error.SymbolResult switch
        {
            OptionResult option => (option.Option.Name, option.Option.ValueType),
            ArgumentResult { Parent: OptionResult option } => (option.Option.Name, option.Option.ValueType),
            _ => ("", typeof(string)),
        };
        return type == typeof(bool) && error.SymbolResult!.Tokens is [{ Value: var value }, ..] ? $"{name} {value}: allowed: true or false, or nothing after {name}." : null;
    }
}
