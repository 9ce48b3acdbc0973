using System.Globalization;

namespace Distributed.Configuration;

/// <summary>A range of numbers, both ends included.</summary>
/// <param name="Min">Smallest allowed number; negative infinity for no limit.</param>
/// <param name="Max">Largest allowed number; positive infinity for no limit.</param>
public readonly record struct NumberRange(double Min, double Max = double.PositiveInfinity)
{
    /// <summary>Whether a number is in the range. NaN is in no range.</summary>
    public bool Contains(double value) => value >= Min && value <= Max;

    /// <summary>For example <c>a number from 0 to 0.5</c>, as in messages and documentation.</summary>
    public override string ToString() => (double.IsInfinity(Min), double.IsInfinity(Max)) switch
    {
        (true, true) => "a number",
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number, at least {Min}"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"a number, at most {Max}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {Min} to {Max}"),
    };
}
