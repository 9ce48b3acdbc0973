using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Distributed.Cli.Commands;

/// <summary>
/// The one reader of numbers on the command line. Digits, a sign, a decimal point and an exponent are read, the same in every culture;
/// separators of thousands and blanks are not, so that 0,8 is never 8.
/// </summary>
internal static class Numbers
{
    private const NumberStyles Whole = NumberStyles.AllowLeadingSign;
    private const NumberStyles Real = Whole | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Reads an option's value as a number in [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public static Option<T> Within<T>(this Option<T> option, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        option.CustomParser = result => Read(result, option.Name, least, most);
        return option;
    }

    /// <summary>As <see cref="Within{T}(Option{T}, T, T)"/>, for an option that may be left out.</summary>
    public static Option<T?> Within<T>(this Option<T?> option, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        option.CustomParser = result => Read(result, option.Name, least, most);
        return option;
    }

    /// <summary>As <see cref="Within{T}(Option{T}, T, T)"/>, for an argument.</summary>
    public static Argument<T> Within<T>(this Argument<T> argument, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        argument.CustomParser = result => Read(result, $"<{argument.Name}>", least, most);
        return argument;
    }

    /// <summary>From text; null if it is no number, or not a finite one.</summary>
    public static T? TryParse<T>(string text)
        where T : struct, INumber<T> =>
        !text.Contains('\0', StringComparison.Ordinal) // which the platform passes over at the end
        && T.TryParse(text, IsWhole<T>() ? Whole : Real, CultureInfo.InvariantCulture, out var value) && T.IsFinite(value) ? value : null;

    private static T Read<T>(ArgumentResult result, string name, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        var text = result.Tokens[0].Value;
        if (TryParse<T>(text) is { } value && value >= least && value <= most) return value;
        result.AddError($"{name} {text}: allowed: {Allowed(least, most)}.");
        return least;
    }

    private static string Allowed<T>(T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T> =>
        !IsWhole<T>() && least == T.MinValue && most == T.MaxValue
            ? "a number"
            : string.Create(CultureInfo.InvariantCulture, $"{(IsWhole<T>() ? "a whole number" : "a number")} from {least} to {most}");

    private static bool IsWhole<T>() => typeof(T) != typeof(double);
}
