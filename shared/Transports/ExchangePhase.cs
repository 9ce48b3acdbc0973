namespace Distributed.Transports;

/// <summary>What an exchange carries.</summary>
public enum ExchangePhase
{
    /// <summary>The number of rows that each rank will send to each other rank.</summary>
    Counts,

    /// <summary>Tokens, expert ids and router weights, sent to the experts.</summary>
    Dispatch,

    /// <summary>Results of the experts, sent back to the ranks of the tokens.</summary>
    Combine,

    /// <summary>Gradients of the experts' results, sent to the experts.</summary>
    CombineBackward,

    /// <summary>Gradients of tokens and router weights, sent back to the ranks of the tokens.</summary>
    DispatchBackward,

    /// <summary>A stage of an all-reduce.</summary>
    AllReduce,

    /// <summary>A reduce-scatter: each rank keeps its slice of the sum over all ranks.</summary>
    ReduceScatter,

    /// <summary>An all-gather: every rank receives the slices of all ranks.</summary>
    AllGather,

    /// <summary>A broadcast: every rank receives the tensor of one rank.</summary>
    Broadcast,

    /// <summary>A barrier; it carries no bytes.</summary>
    Barrier,

    /// <summary>Parts of recovery points, sent to ranks that store them or recover from them.</summary>
    Recovery,
}
