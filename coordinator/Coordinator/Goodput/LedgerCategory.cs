namespace Distributed.Coordinator.Goodput;

/// <summary>What a second of a run was spent on.</summary>
public enum LedgerCategory
{
    /// <summary>Steps done for the first time, and the scoring of held-out text.</summary>
    Productive,

    /// <summary>Until the first group stands: workers gather, connect, draw or load weights.</summary>
    Start,

    /// <summary>Text is prepared and batches are made.</summary>
    Data,

    /// <summary>Steps stood still for a checkpoint.</summary>
    Checkpoint,

    /// <summary>Steps stood still for a recovery point.</summary>
    RecoveryPoint,

    /// <summary>From the last commit before a loss to the coordinator's knowing of it: the step in hand is lost, too.</summary>
    Detection,

    /// <summary>From there, or from the regrouping of a run that is scaled, until the next group stands.</summary>
    Recovery,

    /// <summary>Steps done once more.</summary>
    Replay,

    /// <summary>Ranks waited for slower ones.</summary>
    WaitingForPeer,

    /// <summary>None of these.</summary>
    Idle,
}
