using Distributed.Models.Parameters;

namespace Distributed.Models.Layers;

/// <summary>
/// The shape of grouped-query attention (Ainslie et al. 2023): query heads share fewer heads of keys and values. As many heads of keys and
/// values as of queries give multi-head attention. With <see cref="AttentionShape.AttentionBias"/>, queries, keys and values have biases.
/// </summary>
public sealed record GroupedQueryShape : AttentionShape
{
    /// <summary>Number of heads of keys and of values G, a divisor of the number of query heads.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Width W of every head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Leading fraction of a head that is rotated by position, in (0, 1].</summary>
    public double PartialRotaryFactor { get; init; } = 1;

    /// <summary>Whether queries and keys are normed, head by head, before the rotation.</summary>
    public bool UseQkNorm { get; init; }

    /// <inheritdoc/>
    public override int QkHeadDim => HeadDim;

    /// <inheritdoc/>
    public override int ValueHeadDim => HeadDim;

    /// <inheritdoc/>
    /// <remarks>The leading dimensions of a head.</remarks>
    public override int RotaryWidth => (int)(HeadDim * PartialRotaryFactor);

    /// <inheritdoc/>
    public override bool IsRotaryInterleaved => false;

    /// <inheritdoc/>
    /// <remarks>Keys and values.</remarks>
    public override int CacheWidth => 2 * NumKeyValueHeads * HeadDim;

    /// <inheritdoc/>
    public override bool HasUpProjections => false;

    /// <inheritdoc/>
    /// <remarks>One norm for the heads of queries and one for those of keys.</remarks>
    public override long NormParameters => UseQkNorm ? 2 * HeadDim : 0;

    /// <inheritdoc/>
    /// <remarks>Projections of queries, keys and values, and the output projection.</remarks>
    public override long ProjectionParameters(long width)
    {
        long D = width, H = NumAttentionHeads, G = NumKeyValueHeads, W = HeadDim;
        return (H + 2 * G) * W * (D + (AttentionBias ? 1 : 0)) + H * W * D;
    }

    /// <inheritdoc/>
    public override double SoftmaxScale(YarnScaling? scaling) => 1 / Math.Sqrt(QkHeadDim);

    /// <inheritdoc/>
    public override IAttention CreateLayer(ParameterSet parameters, string name, DecoderConfig config, RotaryEmbedding rotary) =>
        new GroupedQueryAttention(parameters, name, config, this);
}
