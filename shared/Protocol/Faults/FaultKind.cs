namespace Distributed.Protocol.Faults;

/// <summary>What can be made to go wrong on purpose; <see cref="FaultShape"/> has their words and parameters.</summary>
public enum FaultKind
{
    /// <summary>The worker's process kills itself.</summary>
    Kill,

    /// <summary>The worker's process stands still, for a while or for good.</summary>
    Stop,

    /// <summary>The rank throws.</summary>
    Exception,

    /// <summary>One element of the next step's gradients on the rank is no number.</summary>
    NonFiniteGradient,

    /// <summary>The worker's stream with the coordinator is cut once.</summary>
    DroppedConnection,

    /// <summary>Neither the worker's stream with the coordinator nor its exchange passes for a while.</summary>
    Partition,

    /// <summary>The worker's exchange takes longer for a while.</summary>
    SlowLink,

    /// <summary>One frame that the worker sends to other ranks is corrupt.</summary>
    CorruptFrame,

    /// <summary>The worker's writes of checkpoints find no room, for a while or once.</summary>
    DiskFull,

    /// <summary>The coordinator's process kills itself.</summary>
    CoordinatorKill,
}
