namespace Distributed.Training.Reports;

/// <summary>Hears what happens on one rank, on that rank's training thread, in order.</summary>
public interface ITrainingEvents
{
    /// <summary>The text is there.</summary>
    /// <param name="seconds">What it took.</param>
    /// <param name="content">What it is, by its content: the same on every rank.</param>
    void Prepared(double seconds, string content) { }

    /// <summary>The network stands and its weights are drawn or loaded; the next step is <paramref name="nextStep"/> (from 0).</summary>
    void Ready(long nextStep);

    /// <summary>A step was committed by the whole group.</summary>
    void StepCommitted(StepReport report);

    /// <summary>The held-out text was scored; every rank has the same figures.</summary>
    void Evaluated(EvaluationReport report);

    /// <summary>The job asks for evaluations, and the held-out text is too short for any.</summary>
    /// <param name="nextStep">As of <see cref="Ready"/>, which follows.</param>
    /// <param name="found">Tokens of the held-out text.</param>
    /// <param name="needed">Tokens of one sequence with its last target.</param>
    void EvaluationOmitted(long nextStep, long found, long needed) { }

    /// <summary>A checkpoint was committed and <c>latest</c> names it (rank 0 only).</summary>
    void CheckpointSaved(CheckpointReport report);

    /// <summary>A checkpoint on the way could not be saved (rank 0 only). The run goes on; <c>latest</c> names the one before.</summary>
    void CheckpointFailed(long step, string message);

    /// <summary>This rank has taken its part of a recovery point and has sent it to its buddy; the next commit says that all have.</summary>
    void RecoveryPointTaken(RecoveryPointReport report);

    /// <summary>Some steps were measured, as asked for (rank 0 only).</summary>
    void Profiled(ProfileReport report);
}
