namespace Distributed.Models.Layers;

/// <summary>What is not kept for backward but computed once more (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost).</summary>
[Flags]
public enum Recomputation
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Results of RMSNorm that are inputs of products (DeepSeek-V3 section 3.2.3).</summary>
    Norms = 1,

    /// <summary>Results of SwiGLU, of dense layers and shared experts; those of routed experts are never kept (DeepSeek-V3 section 3.2.2).</summary>
    SwiGlu = 2,

    /// <summary>Queries, keys and values that latent attention makes of what it has compressed (DeepSeek-V3 section 3.2.3).</summary>
    MlaUp = 4,

    /// <summary>
    /// Everything between the cuts of the decoder layers, experts included: a layer then keeps what crosses its cuts. Exchanges are
    /// not repeated, nor is the choice of experts; nothing is counted twice. The output head makes its gradients in forward.
    /// </summary>
    Layers = 8,
}
