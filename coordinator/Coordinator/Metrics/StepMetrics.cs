using Distributed.Protocol;

namespace Distributed.Coordinator.Metrics;

/// <summary>The metrics that are stored for each step. A value that is unknown or not finite is NaN.</summary>
public static class StepMetrics
{
    /// <summary>Names of the metrics, in the order of the values. New names are appended: files of older releases have fewer.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "loss", "balance_loss", "gradient_norm", "learning_rate", "tokens", "tokens_per_second", "max_vio", "seconds",
        "exchange_seconds", "mtp_loss",
    ];

    /// <summary>Returns the values of a committed step.</summary>
    public static double[] Of(StepCommitted step) =>
    [
        step.Loss, step.BalanceLoss, step.GradientNorm, step.LearningRate, step.Tokens,
        step.Seconds > 0 ? step.Tokens / step.Seconds : double.NaN,
        step.MaxVio, step.Seconds, step.ExchangeSeconds, step.MtpLosses.Count > 0 ? step.MtpLosses.Average() : double.NaN,
    ];
}
