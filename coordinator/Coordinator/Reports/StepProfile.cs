using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>A profile of steps, for display.</summary>
/// <param name="Figures">The figures that rank 0 reported.</param>
/// <param name="LastStep">The last step measured.</param>
public sealed record StepProfile(StepsProfiled Figures, long LastStep)
{
    /// <summary>Returns the phase's share of the step; the shares of all phases sum to 1.</summary>
    public double ShareOf(PhaseTime phase) => phase.Seconds / Math.Max(Figures.StepSeconds, 1e-12);

    /// <summary>Returns the share of the phase spent waiting in exchanges; null if the phase does not wait.</summary>
    public static double? WaitingOf(PhaseTime phase) => phase.WaitingSeconds > 0 ? phase.WaitingSeconds / phase.Seconds : null;
}
