namespace Distributed.Benchmarks;

/// <summary>The middle of several measurements, which one disturbance does not move.</summary>
internal static class Median
{
    /// <summary>The median; the mean of the middle two of an even number.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
