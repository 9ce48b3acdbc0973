using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Distributed.Cli.Commands;

/// <summary>
/// Reads the numbers of the command line. A number has digits, a sign, a decimal point and an exponent, the same in every culture.
/// Thousands separators and blanks are refused, so that 0,8 is never read as 8.
/// </summary>
internal static class Numbers
{
    private const NumberStyles Whole = NumberStyles.AllowLeadingSign;
    private const NumberStyles Real = Whole | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Makes an option read a number in [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public static Option<T> Within<T>(this Option<T> option, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        option.CustomParser = result => Read(result, option.Name, least, most);
        return option;
    }

    /// <summary>As <see cref="Within{T}(Option{T}, T, T)"/>, for an option without a default.</summary>
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

    /// <summary>Parses a number; null if the text is not a number or the number is not finite.</summary>
    public static T? TryParse<T>(string text)
        where T : struct, INumber<T> =>
        !text.Contains('\0', StringComparison.Ordinal) // the runtime ignores trailing NULs
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
