namespace Distributed.Parallel.Forward;

/// <summary>What is not kept for backward but computed once more.</summary>
public enum Recomputation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// Everything between the cuts of the decoder layers, experts included: a layer then keeps what crosses its cuts. Exchanges are
    /// not repeated, nor is the choice of experts; nothing is counted twice. The output head makes its gradients in forward.
    /// </summary>
    Layers,
}
