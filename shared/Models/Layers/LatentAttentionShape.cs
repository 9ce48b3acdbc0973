using Distributed.Models.Parameters;

namespace Distributed.Models.Layers;

/// <summary>
/// The shape of multi-head latent attention (DeepSeek-V3 section 2.1.1): queries, keys and values are projected from compressed forms.
/// With <see cref="AttentionShape.AttentionBias"/>, the down-projections and the output have biases.
/// </summary>
public sealed record LatentAttentionShape : AttentionShape
{
    /// <summary>Width Q of the compressed query; null projects queries directly.</summary>
    public int? QLoraRank { get; init; }

    /// <summary>Width C of the compressed keys and values, which the attention cache holds.</summary>
    public required int KvLoraRank { get; init; }

    /// <summary>Width N of the part of a head that is not rotated by position.</summary>
    public required int QkNopeHeadDim { get; init; }

    /// <summary>Width P of a head's rotary part; even.</summary>
    public required int QkRopeHeadDim { get; init; }

    /// <summary>Width V of a head's value.</summary>
    public required int VHeadDim { get; init; }

    /// <summary>Whether rotary pairs are interleaved, as in DeepSeek's checkpoints; false if a pair spans the two halves.</summary>
    public bool RopeInterleave { get; init; } = true;

    /// <inheritdoc/>
    public override int QkHeadDim => QkNopeHeadDim + QkRopeHeadDim;

    /// <inheritdoc/>
    public override int ValueHeadDim => VHeadDim;

    /// <inheritdoc/>
    public override int RotaryWidth => QkRopeHeadDim;

    /// <inheritdoc/>
    public override bool IsRotaryInterleaved => RopeInterleave;

    /// <inheritdoc/>
    /// <remarks>The compressed keys and values, and the rotary key.</remarks>
    public override int CacheWidth => KvLoraRank + QkRopeHeadDim;

    /// <inheritdoc/>
    public override bool HasUpProjections => true;

    /// <inheritdoc/>
    /// <remarks>Norms of the compressed keys and values, and of the compressed query.</remarks>
    public override long NormParameters => KvLoraRank + (QLoraRank ?? 0);

    /// <inheritdoc/>
    /// <remarks>The matrices of eq. (1) to (11).</remarks>
    public override long ProjectionParameters(long width)
    {
        long D = width, H = NumAttentionHeads, C = KvLoraRank, P = QkRopeHeadDim, V = VHeadDim;
        var query = QLoraRank is { } Q ? D * Q + Q * H * QkHeadDim : D * H * QkHeadDim;
        var weights = query + D * (C + P) + C * H * (QkNopeHeadDim + V) + H * V * D;
        var biases = AttentionBias ? (QLoraRank ?? 0) + C + P + D : 0;
        return weights + biases;
    }

    /// <inheritdoc/>
    /// <remarks>It includes YaRN's temperature.</remarks>
    public override double SoftmaxScale(YarnScaling? scaling) => (scaling?.SoftmaxFactor ?? 1) / Math.Sqrt(QkHeadDim);

    /// <inheritdoc/>
    public override IAttention CreateLayer(ParameterSet parameters, string name, DecoderConfig config, RotaryEmbedding rotary) =>
        new MultiHeadLatentAttention(parameters, name, config, this, rotary);
}
