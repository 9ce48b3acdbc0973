namespace Distributed.Parallel.Profiling;

/// <summary>The direction in which a node of a tape is run.</summary>
public enum Pass
{
    /// <summary>Neither: work of the step outside the tapes.</summary>
    None,

    /// <summary>Values.</summary>
    Forward,

    /// <summary>Gradients, with whatever is computed once more for them.</summary>
    Backward,
}
