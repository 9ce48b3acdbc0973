using Distributed.Cli.Output;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;

namespace Distributed.Cli.Training;

/// <summary>Formats the goodput ledger of a run.</summary>
internal static class LedgerText
{
    private const double LeastShown = 0.005; // share of the run

    /// <summary>Formats the categories as one line, the largest first. Categories below 0.5 % are omitted.</summary>
    public static string Of(GoodputReport report)
    {
        var parts = report.Seconds.Where(pair => pair.Value >= LeastShown * report.Wall).OrderByDescending(pair => pair.Value)
            .Select(pair => Format.Invariant($"{JsonFormat.Word(pair.Key).Replace('_', ' ')} {100 * pair.Value / report.Wall:0.0} %"));
        var steps = report.StepsReplayed + report.StepsLost == 0
            ? "" : $"; {Amount.Of(report.StepsReplayed, "step")} replayed, {report.StepsLost} lost";
        return Format.Invariant($"time: {string.Join(", ", parts)} of {Amount.Duration(report.Wall)}{steps}");
    }
}
