using System.Diagnostics.Metrics;

namespace Distributed.Worker.Links;

/// <summary>What this process's workers see of their coordinator, of meter <c>Distributed.Worker</c>.</summary>
internal static class LinkMetrics
{
    private static readonly Meter Meter = new("Distributed.Worker");

    private static readonly Counter<long> Joins = Meter.CreateCounter<long>(
        "distributed.link.joins", description: "How often the coordinator let a worker in: once, and again after its stream broke.");

    private static readonly Histogram<double> Beats = Meter.CreateHistogram<double>(
        "distributed.link.beat", unit: "s", description: "From the sending of a beat to its acknowledgement.");

    public static void Join() => Joins.Add(1);

    public static void Acknowledge(TimeSpan since) => Beats.Record(since.TotalSeconds);
}
