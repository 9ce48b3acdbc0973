namespace Distributed.Transports.Nccl;

/// <summary>Progress of a rank of a group.</summary>
/// <param name="Started">Number of operations that the rank has started; never decreases.</param>
/// <param name="Left">Whether the rank has left the group and will start no more operations.</param>
public readonly record struct NcclProgress(long Started, bool Left);
