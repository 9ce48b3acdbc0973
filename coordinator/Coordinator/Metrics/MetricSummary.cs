namespace Distributed.Coordinator.Metrics;

/// <summary>One value over some steps; values that are not finite are left out.</summary>
/// <param name="Count">Values.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Min">The least; NaN without values.</param>
/// <param name="Max">The greatest; NaN without values.</param>
public readonly record struct MetricSummary(long Count, double Sum, double Min, double Max)
{
    /// <summary>Over no steps.</summary>
    public static MetricSummary Nothing { get; } = new(0, 0, double.NaN, double.NaN);

    /// <summary>Their mean; NaN without values.</summary>
    public double Mean => Count == 0 ? double.NaN : Sum / Count;

    /// <summary>Over one step.</summary>
    public static MetricSummary Of(double value) => double.IsFinite(value) ? new(1, value, value, value) : Nothing;

    /// <summary>Over the steps of both.</summary>
    public MetricSummary With(MetricSummary other)
    {
        if (Count == 0) return other;
        return other.Count == 0 ? this : new(Count + other.Count, Sum + other.Sum, Math.Min(Min, other.Min), Math.Max(Max, other.Max));
    }
}
