namespace Distributed.Models.Layers;

/// <summary>
/// Activations that are recomputed in backward instead of kept (Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost).
/// </summary>
[Flags]
public enum Recomputation
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Results of RMSNorm that are inputs of products (DeepSeek-V3 section 3.2.3).</summary>
    Norms = 1,

    /// <summary>
    /// Results of SwiGLU in dense layers and shared experts; those of routed experts are always recomputed (DeepSeek-V3 section 3.2.2).
    /// </summary>
    SwiGlu = 2,

    /// <summary>Queries, keys and values that latent attention expands from their compressed form (DeepSeek-V3 section 3.2.3).</summary>
    MlaUp = 4,

    /// <summary>
    /// Everything between the cuts of the decoder layers, experts included: a layer keeps only the tensors that cross its cuts. Exchanges
    /// and the choice of experts are not repeated, so expert loads are counted once. The output head computes its gradients in forward.
    /// </summary>
    Layers = 8,
}
