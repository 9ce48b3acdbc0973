using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>A committed step, for display.</summary>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="Steps">Number of steps of the whole run.</param>
/// <param name="Figures">Figures that rank 0 reported.</param>
/// <param name="SecondsLeft">Estimated time to the end of the run, in seconds.</param>
public sealed record StepLine(long Step, long Steps, StepCommitted Figures, double SecondsLeft)
{
    /// <summary>Tokens of the global batch per second.</summary>
    public double TokensPerSecond => Figures.Tokens / Math.Max(Figures.Seconds, 1e-9);

    /// <summary>Share of the step spent in exchanges, including waits for slower ranks; 0 to 1.</summary>
    public double ExchangeShare => Figures.ExchangeSeconds / Math.Max(Figures.Seconds, 1e-9);
}
