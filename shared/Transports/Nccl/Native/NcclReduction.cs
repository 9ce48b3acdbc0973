namespace Distributed.Transports.Nccl;

/// <summary>How a collective reduces the values of the ranks. The values are those of NCCL's interface.</summary>
public enum NcclReduction
{
    /// <summary>The sum, in an order that NCCL chooses.</summary>
    Sum = 0,

    /// <summary>The maximum.</summary>
    Max = 2,
}
