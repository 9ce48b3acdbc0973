using Distributed.Protocol;
using Distributed.Training.Reports;

namespace Distributed.Worker.Hosting;

/// <summary>Converts reports of a training to messages.</summary>
public static class WireReports
{
    /// <summary>Returns the message of an evaluation; its step is part of the event that has the message.</summary>
    public static HeldOutScored ToWire(this EvaluationReport report) => new()
    {
        Loss = report.Loss,
        BitsPerByte = report.BitsPerByte,
        GzipBitsPerByte = report.GzipBitsPerByte,
        MaxVio = report.MaxVio,
        MeanMaxVio = report.MeanMaxVio,
        Tokens = report.Tokens,
        Seconds = report.Seconds,
        Metrics = { report.Metrics.ToWire() },
    };

    /// <summary>Returns the messages of metrics.</summary>
    public static IEnumerable<Metric> ToWire(this IEnumerable<ReportedMetric> metrics) =>
        metrics.Select(metric => new Metric { Name = metric.Name, Value = metric.Value });
}
