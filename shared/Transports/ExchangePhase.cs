namespace Distributed.Transports;

/// <summary>What an exchange carries.</summary>
public enum ExchangePhase
{
    /// <summary>How many rows each rank will send to each other one.</summary>
    Counts,

    /// <summary>Tokens, expert ids and router weights, on their way to the experts.</summary>
    Dispatch,

    /// <summary>The experts' results, on their way back.</summary>
    Combine,

    /// <summary>Gradients of the experts' results, on their way to the experts.</summary>
    CombineBackward,

    /// <summary>Gradients of tokens and router weights, on their way back.</summary>
    DispatchBackward,

    /// <summary>A stage of a sum over all ranks.</summary>
    AllReduce,

    /// <summary>A sum over all ranks of which each keeps its part.</summary>
    ReduceScatter,

    /// <summary>Each rank's part, to every rank.</summary>
    AllGather,

    /// <summary>One rank's tensor, to every rank.</summary>
    Broadcast,

    /// <summary>Nothing: the ranks meet.</summary>
    Barrier,

    /// <summary>Parts of recovery points, to those who keep them or go on from them.</summary>
    Recovery,
}
