namespace Distributed.Protocol.Faults;

/// <summary>The kinds of faults; <see cref="FaultDefinition"/> has their names and parameters.</summary>
public enum FaultKind
{
    /// <summary>The worker's process kills itself.</summary>
    Kill,

    /// <summary>The worker's process is stopped, for a duration or permanently.</summary>
    Stop,

    /// <summary>The rank throws an exception.</summary>
    Exception,

    /// <summary>One element of the rank's gradients in the next step is NaN.</summary>
    NonFiniteGradient,

    /// <summary>The worker's stream with the coordinator is broken once.</summary>
    DroppedConnection,

    /// <summary>The worker's stream with the coordinator and its exchange are blocked for a duration.</summary>
    Partition,

    /// <summary>The worker's exchange is slower for a duration.</summary>
    SlowLink,

    /// <summary>One frame that the worker sends to other ranks is corrupted.</summary>
    CorruptFrame,

    /// <summary>The worker's writes of checkpoints fail as on a full disk, for a duration or once.</summary>
    DiskFull,

    /// <summary>The coordinator's process kills itself.</summary>
    CoordinatorKill,
}
