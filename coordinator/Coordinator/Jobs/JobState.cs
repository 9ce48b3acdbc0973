namespace Distributed.Coordinator.Jobs;

/// <summary>
/// Where a job is: <c>Pending -> Gathering -> Planning -> Running -> (Recovering | Rescaling -> Planning -> Running) -> Ending -> Completed | Failed | Stopped</c>.
/// From <see cref="Gathering"/>, <see cref="Planning"/>, <see cref="Recovering"/>, <see cref="Rescaling"/> and <see cref="Paused"/> a job may also fail or be stopped directly.
/// </summary>
public enum JobState
{
    /// <summary>Known, nothing done yet.</summary>
    Pending,

    /// <summary>Waits for as many workers as the job asks for.</summary>
    Gathering,

    /// <summary>Decides which expert and which sequence lives where.</summary>
    Planning,

    /// <summary>Every rank has its plan; none has ended.</summary>
    Running,

    /// <summary>A rank was lost or failed: the others leave their exchange, then a new epoch goes on from a recovery point.</summary>
    Recovering,

    /// <summary>The ranks end after the step in hand with what a new epoch of other workers goes on from.</summary>
    Rescaling,

    /// <summary>Nobody works; a checkpoint says where to go on.</summary>
    Paused,

    /// <summary>A rank has ended, or was told to: waits for the others to end too.</summary>
    Ending,

    /// <summary>Every rank did its last step.</summary>
    Completed,

    /// <summary>Something went wrong; the outcome says what and where.</summary>
    Failed,

    /// <summary>Ended early because somebody asked for it.</summary>
    Stopped,
}

internal static class JobStates
{
    public static bool IsTerminal(this JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;
}
