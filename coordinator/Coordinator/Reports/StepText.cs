using System.Globalization;
using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Reports;

/// <summary>Steps as lines of text, with columns of equal width.</summary>
public static class StepText
{
    /// <summary>Formats a step and the progress of its run.</summary>
    public static string Of(StepLine line) =>
        Of($"{line.Step,5}/{line.Steps}", line.Figures.Loss, line.TokensPerSecond, line.ExchangeShare, line.Figures.MaxVio,
            line.Figures.LearningRate) + MetricText.Of(line.Figures.Metrics) + $"  left {Amount.Duration(line.SecondsLeft)}";

    /// <summary>Formats a step.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    /// <param name="loss">Loss of the objective; of next tokens, in nats per token.</param>
    /// <param name="tokensPerSecond">Tokens of the global batch per second.</param>
    /// <param name="exchangeShare">Share of the step spent in exchanges, 0 to 1.</param>
    /// <param name="maxVio">MaxVio of the worst layer.</param>
    /// <param name="learningRate">Learning rate.</param>
    public static string Of(long step, double loss, double tokensPerSecond, double exchangeShare, double maxVio, double learningRate) =>
        Of($"{step,5}", loss, tokensPerSecond, exchangeShare, maxVio, learningRate);

    private static string Of(string step, double loss, double tokensPerSecond, double exchangeShare, double maxVio, double learningRate) =>
        string.Create(CultureInfo.InvariantCulture,
            $"step {step}  loss {loss:0.0000}  {tokensPerSecond,7:0} tokens/s  exchange {100 * exchangeShare,3:0} %  ")
        + string.Create(CultureInfo.InvariantCulture, $"MaxVio {maxVio:0.00}  rate {learningRate:0.0e+0}");
}
