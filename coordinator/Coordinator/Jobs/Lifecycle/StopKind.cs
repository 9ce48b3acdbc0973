namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>How the ranks of a group are ordered to stop.</summary>
internal enum StopKind
{
    /// <summary>At once, in the current step.</summary>
    AtOnce,

    /// <summary>After the current step, with a checkpoint.</summary>
    Saving,

    /// <summary>After the current step, with a recovery point.</summary>
    Leaving,
}
