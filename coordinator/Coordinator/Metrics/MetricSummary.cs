namespace Distributed.Coordinator.Metrics;

/// <summary>Summary of one metric over a number of steps, without the values that are not finite.</summary>
/// <param name="Count">Number of values.</param>
/// <param name="Sum">Sum of the values.</param>
/// <param name="Min">Smallest value; NaN without values.</param>
/// <param name="Max">Largest value; NaN without values.</param>
public readonly record struct MetricSummary(long Count, double Sum, double Min, double Max)
{
    /// <summary>The summary of no values.</summary>
    public static MetricSummary Nothing { get; } = new(0, 0, double.NaN, double.NaN);

    /// <summary>Mean of the values; NaN without values.</summary>
    public double Mean => Count == 0 ? double.NaN : Sum / Count;

    /// <summary>Creates the summary of one value.</summary>
    public static MetricSummary Of(double value) => double.IsFinite(value) ? new(1, value, value, value) : Nothing;

    /// <summary>Combines two summaries.</summary>
    public MetricSummary With(MetricSummary other)
    {
        if (Count == 0) return other;
        return other.Count == 0 ? this : new(Count + other.Count, Sum + other.Sum, Math.Min(Min, other.Min), Math.Max(Max, other.Max));
    }
}
