using Distributed.Models.Parameters;

namespace Distributed.Models.Layers;

/// <summary>
/// The shape of the attention of every layer: the widths of heads and cache, the layer that computes it, and its number of parameters.
/// Each kind of attention derives its own shape.
/// </summary>
public abstract record AttentionShape
{
    /// <summary>Number of attention heads H.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>Whether projections have biases; the kind of attention determines which.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Width of a query or key head.</summary>
    public abstract int QkHeadDim { get; }

    /// <summary>Width of a value head.</summary>
    public abstract int ValueHeadDim { get; }

    /// <summary>Width of the part of a query or key head that is rotated by position; even.</summary>
    public abstract int RotaryWidth { get; }

    /// <summary>Whether rotary pairs are interleaved; a pair spans the two halves of the rotary part otherwise.</summary>
    public abstract bool IsRotaryInterleaved { get; }

    /// <summary>Values per token in a layer's cache.</summary>
    public abstract int CacheWidth { get; }

    /// <summary>
    /// Whether queries, keys and values are expanded from a compressed form, so that <see cref="Recomputation.MlaUp"/> can recompute them.
    /// </summary>
    public abstract bool HasUpProjections { get; }

    /// <summary>Number of trained values of the norms within the attention of one layer.</summary>
    public abstract long NormParameters { get; }

    /// <summary>Number of trained values of the projections of one layer, biases included.</summary>
    /// <param name="width">Model width D.</param>
    public abstract long ProjectionParameters(long width);

    /// <summary>Returns the scale of q.k before the softmax.</summary>
    /// <param name="scaling">YaRN scaling of the network; null for none.</param>
    public abstract double SoftmaxScale(YarnScaling? scaling);

    /// <summary>Declares the weights of one layer's attention under <c>{name}.</c>.</summary>
    /// <param name="parameters">Receives the declarations of the weights.</param>
    /// <param name="name">Prefix of the weights' names.</param>
    /// <param name="config">The network's shape, which has this shape of attention.</param>
    /// <param name="rotary">The network's rotary embedding.</param>
    public abstract IAttention CreateLayer(ParameterSet parameters, string name, DecoderConfig config, RotaryEmbedding rotary);
}
