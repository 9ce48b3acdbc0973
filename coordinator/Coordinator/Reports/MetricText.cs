using System.Globalization;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>The metrics of an objective as text.</summary>
public static class MetricText
{
    /// <summary>Formats the metrics, each after two spaces: <c>  accuracy 0.912  margin 1.240</c>; empty without a metric.</summary>
    public static string Of(IEnumerable<Metric> metrics) => string.Concat(metrics.Select(metric =>
        string.Create(CultureInfo.InvariantCulture, $"  {metric.Name.Replace('_', ' ')} {metric.Value:0.000}")));
}
