namespace Distributed.Coordinator.Goodput;

/// <summary>Category of the time of a run.</summary>
public enum LedgerCategory
{
    /// <summary>Steps that are computed for the first time, and evaluations on held-out text.</summary>
    Productive,

    /// <summary>Time until the first group runs: workers join, connect, and initialize or load weights.</summary>
    Start,

    /// <summary>Preparation of text and batches.</summary>
    Data,

    /// <summary>Time in which a checkpoint blocked the steps.</summary>
    Checkpoint,

    /// <summary>Time in which a recovery point blocked the steps.</summary>
    RecoveryPoint,

    /// <summary>
    /// Time from the last commit before a loss until the coordinator detects the loss; it includes the lost current step.
    /// </summary>
    Detection,

    /// <summary>Time from the detection, or from the end of a group that is rescaled, until the next group runs.</summary>
    Recovery,

    /// <summary>Repeated steps.</summary>
    Replay,

    /// <summary>Time in which ranks waited for slower ranks.</summary>
    WaitingForPeer,

    /// <summary>All other time.</summary>
    Idle,
}
