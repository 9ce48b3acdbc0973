using System.Buffers.Binary;

namespace Distributed.Coordinator.Metrics;

/// <summary>The metrics of one step, or the summary of several consecutive steps.</summary>
/// <param name="FirstStep">The first step, from 1.</param>
/// <param name="LastStep">The last step that is counted.</param>
/// <param name="Steps">Number of steps that are counted.</param>
/// <param name="Values">One summary for each of <see cref="StepMetrics.Names"/>.</param>
public sealed record MetricPoint(long FirstStep, long LastStep, long Steps, IReadOnlyList<MetricSummary> Values)
{
    private const int Header = 3 * sizeof(long), Summary = sizeof(long) + 3 * sizeof(double);

    /// <summary>Creates the point of one step.</summary>
    public static MetricPoint Of(long step, IReadOnlyList<double> values) => new(step, step, 1, [.. values.Select(MetricSummary.Of)]);

    /// <summary>Combines consecutive points into one.</summary>
    public static MetricPoint Over(IReadOnlyList<MetricPoint> points) => new(
        points[0].FirstStep, points[^1].LastStep, points.Sum(point => point.Steps),
        [.. Enumerable.Range(0, StepMetrics.Names.Count)
            .Select(index => points.Aggregate(MetricSummary.Nothing, (sum, point) => sum.With(point.Values[index])))]);

    internal byte[] ToBytes()
    {
        var bytes = new byte[Header + Values.Count * Summary];
        var rest = bytes.AsSpan();
        Put(ref rest, FirstStep);
        Put(ref rest, LastStep);
        Put(ref rest, Steps);
        foreach (var value in Values)
        {
            Put(ref rest, value.Count);
            Put(ref rest, BitConverter.DoubleToInt64Bits(value.Sum));
            Put(ref rest, BitConverter.DoubleToInt64Bits(value.Min));
            Put(ref rest, BitConverter.DoubleToInt64Bits(value.Max));
        }

        return bytes;
    }

    // A point of an older release has fewer values; the missing ones are unknown.
    internal static MetricPoint FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Header) throw new InvalidDataException($"a metric point of {bytes.Length} bytes is truncated");
        var (first, last, steps) = (Take(ref bytes), Take(ref bytes), Take(ref bytes));
        var values = new MetricSummary[StepMetrics.Names.Count];
        Array.Fill(values, MetricSummary.Nothing);
        for (var index = 0; index < values.Length && bytes.Length >= Summary; index++)
            values[index] = new(Take(ref bytes), BitConverter.Int64BitsToDouble(Take(ref bytes)),
                BitConverter.Int64BitsToDouble(Take(ref bytes)), BitConverter.Int64BitsToDouble(Take(ref bytes)));
        return new(first, last, steps, values);
    }

    private static void Put(ref Span<byte> rest, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(rest, value);
        rest = rest[sizeof(long)..];
    }

    private static long Take(ref ReadOnlySpan<byte> rest)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(rest);
        rest = rest[sizeof(long)..];
        return value;
    }
}
