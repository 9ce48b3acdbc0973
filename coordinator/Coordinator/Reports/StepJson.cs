using System.Text.Json.Nodes;
using Distributed.Coordinator.Metrics;

namespace Distributed.Coordinator.Reports;

/// <summary>Steps as JSON: as a run commits them, and as the metrics store them.</summary>
public static class StepJson
{
    /// <summary>Returns the figures of a step and the progress of its run.</summary>
    public static JsonObject Of(StepLine line) => MetricJson.With(line.Figures.Metrics, new()
    {
        ["step"] = line.Step,
        ["steps"] = line.Steps,
        ["loss"] = JsonFormat.Number(line.Figures.Loss),
        ["mtp_losses"] = new JsonArray([.. line.Figures.MtpLosses.Select(JsonFormat.Number)]),
        ["balance_loss"] = JsonFormat.Number(line.Figures.BalanceLoss),
        ["gradient_norm"] = JsonFormat.Number(line.Figures.GradientNorm),
        ["learning_rate"] = JsonFormat.Number(line.Figures.LearningRate),
        ["tokens"] = line.Figures.Tokens,
        ["max_vio"] = JsonFormat.Number(line.Figures.MaxVio),
        ["seconds"] = JsonFormat.Number(line.Figures.Seconds),
        ["tokens_per_second"] = JsonFormat.Number(line.TokensPerSecond),
        ["exchange_share"] = JsonFormat.Number(line.ExchangeShare),
        ["seconds_left"] = JsonFormat.Number(line.SecondsLeft),
    });

    /// <summary>Returns the stored metrics of one step, or the mean, minimum and maximum of each metric over several steps.</summary>
    /// <param name="point">The metrics.</param>
    /// <param name="single">Whether the point is one step.</param>
    public static JsonObject Of(MetricPoint point, bool single)
    {
        var json = single
            ? new JsonObject { ["step"] = point.FirstStep }
            : new JsonObject { ["first_step"] = point.FirstStep, ["last_step"] = point.LastStep, ["steps"] = point.Steps };
        foreach (var (name, value) in StepMetrics.Names.Zip(point.Values))
            json[name] = single ? JsonFormat.Number(value.Mean) : Summary(value);
        return json;
    }

    private static JsonObject Summary(MetricSummary value) => new()
    {
        ["mean"] = JsonFormat.Number(value.Mean), ["min"] = JsonFormat.Number(value.Min), ["max"] = JsonFormat.Number(value.Max)
    };
}
