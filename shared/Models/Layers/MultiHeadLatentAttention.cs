using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// Multi-head latent attention (DeepSeek-V2 section 2.1, DeepSeek-V3 section 2.1.1, eq. 1 to 11).
/// <code>
/// B sequences   S tokens   D width   H heads   Q compressed query   C compressed key-value
/// N head width without position   P rotary head width   V value head width
/// </code>
/// </summary>
public sealed class MultiHeadLatentAttention : IAttention
{
    private readonly LatentAttentionShape _shape;
    private readonly double _scale;
    private readonly RotaryEmbedding _rotary;
    private readonly KernelChoice _kernels;
    private readonly bool _recomputeUp;
    private readonly Linear? _queryDown; // W^DQ  [Q, D]
    private readonly RmsNorm? _queryNorm;
    private readonly Linear _queryUp;    // W^UQ and W^QR  [H (N + P), Q], or [H (N + P), D] without compression
    private readonly Linear _keyValueDown; // W^DKV and W^KR  [C + P, D]
    private readonly RmsNorm _keyValueNorm;
    private readonly Linear _keyValueUp; // W^UK and W^UV  [H (N + V), C]
    private readonly Linear _output;     // W^O  [D, H V]

    /// <summary>Declares the weights under <c>{name}.</c> with their Hugging Face names.</summary>
    public MultiHeadLatentAttention(ParameterSet parameters, string name, DecoderConfig config, LatentAttentionShape shape,
        RotaryEmbedding rotary)
    {
        (_shape, _scale, _rotary) = (shape, config.SoftmaxScale, rotary);
        (_kernels, _recomputeUp) = (parameters.Kernels, parameters.Recomputes(Recomputation.MlaUp));
        long D = config.HiddenSize, H = shape.NumAttentionHeads, C = shape.KvLoraRank, P = shape.QkRopeHeadDim;
        if (shape.QLoraRank is { } Q)
        {
            _queryDown = new Linear(parameters, $"{name}.q_a_proj", D, Q, shape.AttentionBias);
            _queryNorm = new RmsNorm(parameters, $"{name}.q_a_layernorm", Q, config.RmsNormEps);
            _queryUp = new Linear(parameters, $"{name}.q_b_proj", Q, H * shape.QkHeadDim);
        }
        else
        {
            _queryUp = new Linear(parameters, $"{name}.q_proj", D, H * shape.QkHeadDim);
        }

        _keyValueDown = new Linear(parameters, $"{name}.kv_a_proj_with_mqa", D, C + P, shape.AttentionBias);
        _keyValueNorm = new RmsNorm(parameters, $"{name}.kv_a_layernorm", C, config.RmsNormEps);
        _keyValueUp = new Linear(parameters, $"{name}.kv_b_proj", C, H * (shape.QkNopeHeadDim + shape.VHeadDim));
        _output = new Linear(parameters, $"{name}.o_proj", H * shape.VHeadDim, D, shape.AttentionBias);
    }

    /// <inheritdoc/>
    public Tensor Forward(Activation x, AttentionContext context)
    {
        long C = _shape.KvLoraRank, P = _shape.QkRopeHeadDim;
        var at = context.Rotary;
        var compressed = Compressed(x);
        var down = _keyValueDown.Forward(x);                                            // eq. (1) and (3)
        var latent = _keyValueNorm.ForProduct(down.narrow(-1, 0, C).contiguous());      // c^KV [B, S, C]
        var keyRotary = down.narrow(-1, C, P).unsqueeze(2).contiguous();                // before rotation [B, S, 1, P], one for all heads
        var (query, key, value) = Expand(compressed, latent, keyRotary, at);
        var recomputed = !_recomputeUp ? null : Activation.Recompute([compressed, latent, keyRotary, at.Cos, at.Sin], kept =>
        {
            var (q, k, v) = Expand(kept[0], kept[1], kept[2], new RotaryPositions(kept[3], kept[4]));
            return [q, k, v];
        });
        var mixed = AttentionKernel.Apply(query, key, value, _scale, context.Mask, recomputed, _kernels); // eq. (10), [B, S, H, V]
        return _output.Forward(mixed.flatten(2));                                       // eq. (11)
    }

    // Queries and keys [B, S, H, N + P], values [B, S, H, V].
    private (Tensor Query, Tensor Key, Tensor Value) Expand(Activation compressed, Activation latent, Tensor keyRotary, RotaryPositions at)
    {
        long B = keyRotary.size(0), S = keyRotary.size(1), H = _shape.NumAttentionHeads, N = _shape.QkNopeHeadDim, V = _shape.VHeadDim;
        var query = RotaryKernel.Apply(_queryUp.Forward(compressed).view(B, S, H, _shape.QkHeadDim), at.Cos, at.Sin,
            _rotary.IsInterleaved, _kernels);                                           // eq. (6) to (9)
        var (key, value) = RotaryKernel.Apply(_keyValueUp.Forward(latent).view(B, S, H, N + V), N, keyRotary, at.Cos, at.Sin,
            _rotary.IsInterleaved, _kernels);                                           // eq. (2) to (5)
        return (query, key, value);
    }

    /// <summary>
    /// Computes attention of new tokens x [B, S, D] over the cached tokens and themselves, with the up-projections absorbed:
    /// q.(W^UK c) = (W^UK^T q).c, so keys and values are never expanded (DeepSeek-V2 section 2.1.2). The cache holds a token's
    /// compressed c^KV and rotary key: C + P values, independent of the number of heads (section 2.1.3).
    /// </summary>
    public Tensor Forward(Tensor x, AttentionContext context, AttentionCache cache)
    {
        long B = x.shape[0], S = x.shape[1], H = _shape.NumAttentionHeads, N = _shape.QkNopeHeadDim, C = _shape.KvLoraRank,
            V = _shape.VHeadDim;
        var (queryContent, queryRotary) = Queries(x, context.Rotary);
        var (newLatent, newKeyRotary) = Latents(x, context.Rotary);
        var held = cache.Append(cat([newLatent, newKeyRotary.squeeze(2)], -1)); // [B, L, C + P]
        var latent = held.narrow(-1, 0, C).unsqueeze(1);                        // [B, 1, L, C]

        var up = _keyValueUp.Weight.view(H, N + V, C);
        var upKey = up.narrow(1, 0, N);   // W^UK  [H, N, C]
        var upValue = up.narrow(1, N, V); // W^UV  [H, V, C]

        var absorbed = queryContent.transpose(1, 2).matmul(upKey);           // [B, H, S, C]
        var query = cat([absorbed, queryRotary.transpose(1, 2)], -1);        // [B, H, S, C + P]
        var weights = Attention.Weights(query.matmul(held.unsqueeze(1).transpose(-1, -2)), _scale); // [B, H, S, L]
        var mixed = weights.matmul(latent).matmul(upValue.transpose(-1, -2)); // [B, H, S, V]
        return _output.Forward(mixed.transpose(1, 2).reshape(B, S, H * V));
    }

    // eq. (6) to (8): q^C [B, S, H, N] and q^R [B, S, H, P]
    private (Tensor Content, Tensor Rotary) Queries(Tensor x, RotaryPositions at)
    {
        var heads = _queryUp.Forward(Compressed(x)).view(x.shape[0], x.shape[1], _shape.NumAttentionHeads, _shape.QkHeadDim);
        var parts = heads.split([_shape.QkNopeHeadDim, _shape.QkRopeHeadDim], -1);
        return (parts[0], _rotary.Rotate(parts[1], at));
    }

    // c^Q, or x if queries are not compressed.
    private Activation Compressed(Activation x) => _queryDown is null ? x : _queryNorm!.ForProduct(_queryDown.Forward(x));

    // eq. (1) and (3): c^KV [B, S, C] after its norm, and k^R [B, S, 1, P], one for all heads
    private (Tensor Latent, Tensor KeyRotary) Latents(Tensor x, RotaryPositions at)
    {
        var parts = _keyValueDown.Forward(x).split([_shape.KvLoraRank, _shape.QkRopeHeadDim], -1);
        return (_keyValueNorm.Forward(parts[0]), _rotary.Rotate(parts[1].unsqueeze(2), at));
    }
}
