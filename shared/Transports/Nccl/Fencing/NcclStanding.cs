namespace Distributed.Transports.Nccl;

/// <summary>How far a rank of a group is.</summary>
/// <param name="Started">How many operations it has started; only rises.</param>
/// <param name="Left">Whether it has left the group and will start no more.</param>
public readonly record struct NcclStanding(long Started, bool Left);
