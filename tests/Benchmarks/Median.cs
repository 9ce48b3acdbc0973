namespace Distributed.Benchmarks;

/// <summary>The median of several measurements, which is robust against a single outlier.</summary>
internal static class Median
{
    /// <summary>Returns the median; for an even number of values the mean of the middle two.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
