namespace Distributed.Training;

/// <summary>Outcome of a run that ended without an error.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>The run was asked to stop; it has finished its step and saved a checkpoint.</summary>
    Stopped,

    /// <summary>The run was asked to leave; it has finished its step and taken a recovery point, which is complete on every rank.</summary>
    Left,
}
