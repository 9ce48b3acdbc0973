namespace Distributed.Coordinator.Jobs;

/// <summary>
/// State of a job: <c>Pending -> Gathering -> Planning -> Running -> (Recovering | Rescaling -> Planning -> Running) -> Ending</c>, then
/// <c>Completed | Failed | Stopped</c>. From <see cref="Gathering"/>, <see cref="Planning"/>, <see cref="Recovering"/>,
/// <see cref="Rescaling"/> and <see cref="Paused"/> a job may also fail or be stopped directly.
/// </summary>
public enum JobState
{
    /// <summary>The job has not started.</summary>
    Pending,

    /// <summary>The job waits for the number of workers that it asks for.</summary>
    Gathering,

    /// <summary>The coordinator assigns experts and sequences to ranks.</summary>
    Planning,

    /// <summary>Every rank has its plan, and none has ended.</summary>
    Running,

    /// <summary>A rank was lost or failed: the other ranks are fenced, then a new epoch resumes from a recovery point.</summary>
    Recovering,

    /// <summary>The ranks end after the current step with the state from which an epoch of another size resumes.</summary>
    Rescaling,

    /// <summary>No rank runs; the job resumes from its checkpoint on request.</summary>
    Paused,

    /// <summary>A rank has ended or was asked to: the job waits for the others to end.</summary>
    Ending,

    /// <summary>Every rank has committed its last step.</summary>
    Completed,

    /// <summary>The job failed; the outcome has the cause and the rank.</summary>
    Failed,

    /// <summary>The job ended early on request.</summary>
    Stopped,
}

internal static class JobStates
{
    public static bool IsTerminal(this JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;
}
