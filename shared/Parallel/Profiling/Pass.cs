namespace Distributed.Parallel.Profiling;

/// <summary>The direction in which a node of a tape runs.</summary>
public enum Pass
{
    /// <summary>Neither: work of a step outside the tapes.</summary>
    None,

    /// <summary>Computation of values.</summary>
    Forward,

    /// <summary>Computation of gradients, recomputation included.</summary>
    Backward,
}
