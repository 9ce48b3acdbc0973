using System.Text.Json.Nodes;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>The metrics of an objective as JSON.</summary>
internal static class MetricJson
{
    /// <summary>Adds the metrics to a report, below <c>metrics</c>; without a metric the report stays as it is.</summary>
    public static JsonObject With(IReadOnlyCollection<Metric> metrics, JsonObject report)
    {
        if (metrics.Count == 0) return report;
        report["metrics"] = new JsonObject(metrics.Select(metric => KeyValuePair.Create(metric.Name, JsonFormat.Number(metric.Value))));
        return report;
    }
}
