using Distributed.Protocol;

namespace Distributed.Cli.Training;

/// <summary>A profile of steps as it is shown.</summary>
/// <param name="Figures">What rank 0 reported.</param>
/// <param name="LastStep">The last step measured.</param>
internal sealed record StepProfile(StepsProfiled Figures, long LastStep)
{
    /// <summary>Part of the step; those of all phases sum to 1.</summary>
    public double ShareOf(PhaseTime phase) => phase.Seconds / Math.Max(Figures.StepSeconds, 1e-12);

    /// <summary>Part of the phase spent in waits of exchanges; null where it has none.</summary>
    public static double? WaitingOf(PhaseTime phase) => phase.WaitingSeconds > 0 ? phase.WaitingSeconds / phase.Seconds : null;
}
