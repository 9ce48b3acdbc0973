namespace Distributed.Training.Reports;

/// <summary>Receives the events of one rank, in order, on the rank's training thread.</summary>
public interface ITrainingEvents
{
    /// <summary>The text was prepared.</summary>
    /// <param name="seconds">Time of the preparation, in seconds.</param>
    /// <param name="content">Hash of the prepared text; the same on every rank.</param>
    void Prepared(double seconds, string content) { }

    /// <summary>The network was created and its weights were initialised or loaded.</summary>
    /// <param name="nextStep">Steps committed before; the next step, from 0.</param>
    void Ready(long nextStep);

    /// <summary>A step was committed by the whole group.</summary>
    void StepCommitted(StepReport report);

    /// <summary>The held-out text was scored. Every rank has the same values.</summary>
    void Evaluated(EvaluationReport report);

    /// <summary>The job has evaluations, but the held-out text is too short. <see cref="Ready"/> follows.</summary>
    /// <param name="nextStep">Steps committed before; the next step, from 0.</param>
    /// <param name="found">Number of tokens of the held-out text.</param>
    /// <param name="needed">Number of tokens of one sequence and the target of its last token.</param>
    void EvaluationOmitted(long nextStep, long found, long needed) { }

    /// <summary>A checkpoint was committed and <c>latest</c> names it (rank 0 only).</summary>
    void CheckpointSaved(CheckpointReport report);

    /// <summary>A checkpoint could not be saved (rank 0 only). The run continues; <c>latest</c> names the previous checkpoint.</summary>
    void CheckpointFailed(long step, string message);

    /// <summary>
    /// This rank has taken its part of a recovery point and has sent it to its buddy. The next commit confirms that all ranks have.
    /// </summary>
    void RecoveryPointTaken(RecoveryPointReport report);

    /// <summary>The requested steps were measured (rank 0 only).</summary>
    void Profiled(ProfileReport report);
}
