namespace Distributed.Transports.Nccl;

/// <summary>How a collective makes one value of the ranks' values; the numbers are those of NCCL's interface.</summary>
public enum NcclReduction
{
    /// <summary>Their sum, in an order that NCCL chooses.</summary>
    Sum = 0,

    /// <summary>The largest.</summary>
    Max = 2,
}
