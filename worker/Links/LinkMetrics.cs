using System.Diagnostics.Metrics;

namespace Distributed.Worker.Links;

/// <summary>Metrics of the link between this process's workers and their coordinator, in the meter <c>Distributed.Worker</c>.</summary>
internal static class LinkMetrics
{
    private static readonly Meter Meter = new("Distributed.Worker");

    private static readonly Counter<long> Joins = Meter.CreateCounter<long>(
        "distributed.link.joins",
        description: "Number of times that the coordinator admitted a worker: once, and again after its stream broke.");

    private static readonly Histogram<double> Beats = Meter.CreateHistogram<double>(
        "distributed.link.beat", unit: "s", description: "Time from sending a beat to its acknowledgement.");

    public static void Join() => Joins.Add(1);

    public static void Acknowledge(TimeSpan since) => Beats.Record(since.TotalSeconds);
}
