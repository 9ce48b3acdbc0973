using System.Globalization;

namespace Distributed.Configuration;

/// <summary>A range of whole numbers, both ends included.</summary>
/// <param name="Min">Smallest allowed number.</param>
/// <param name="Max">Largest allowed number; <see cref="long.MaxValue"/> for no limit.</param>
public readonly record struct WholeRange(long Min, long Max = long.MaxValue)
{
    /// <summary>Whether a number is whole and in the range.</summary>
    public bool Contains(double value) => value == Math.Floor(value) && value >= Min && value <= Max;

    /// <summary>For example <c>a whole number from 1 to 8</c>, as in messages and documentation.</summary>
    public override string ToString() => Max == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"a whole number, at least {Min}")
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {Min} to {Max}");
}
