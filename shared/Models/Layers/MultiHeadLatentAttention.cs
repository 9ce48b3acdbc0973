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
    private readonly DecoderConfig _config;
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
    public MultiHeadLatentAttention(ParameterSet parameters, string name, DecoderConfig config, RotaryEmbedding rotary)
    {
        (_config, _rotary, _kernels, _recomputeUp) = (config, rotary, parameters.Kernels, parameters.Recomputes(Recomputation.MlaUp));
        long D = config.HiddenSize, H = config.NumAttentionHeads, C = config.KvLoraRank, P = config.QkRopeHeadDim;
        if (config.QLoraRank is { } Q)
        {
            _queryDown = new Linear(parameters, $"{name}.q_a_proj", D, Q, config.AttentionBias);
            _queryNorm = new RmsNorm(parameters, $"{name}.q_a_layernorm", Q, config.RmsNormEps);
            _queryUp = new Linear(parameters, $"{name}.q_b_proj", Q, H * config.QkHeadDim);
        }
        else
        {
            _queryUp = new Linear(parameters, $"{name}.q_proj", D, H * config.QkHeadDim);
        }

        _keyValueDown = new Linear(parameters, $"{name}.kv_a_proj_with_mqa", D, C + P, config.AttentionBias);
        _keyValueNorm = new RmsNorm(parameters, $"{name}.kv_a_layernorm", C, config.RmsNormEps);
        _keyValueUp = new Linear(parameters, $"{name}.kv_b_proj", C, H * (config.QkNopeHeadDim + config.VHeadDim));
        _output = new Linear(parameters, $"{name}.o_proj", H * config.VHeadDim, D, config.AttentionBias);
    }

    /// <inheritdoc/>
    public Tensor Forward(Activation x, AttentionContext context)
    {
        long B = x.Value.shape[0], S = x.Value.shape[1], H = _config.NumAttentionHeads, V = _config.VHeadDim;
        var (query, key, value, recomputed) = _kernels == KernelChoice.Fused
            ? FusedHeads(x, context.Rotary)
            : Heads(x.Value, context.Rotary);
        var mixed = Attention.Mix(query, key, value, _config.SoftmaxScale, context.Mask, _kernels, recomputed); // eq. (10)
        return _output.Forward(mixed.reshape(B, S, H * V));                  // eq. (11)
    }

    // Queries and keys [B, S, H, N + P], values [B, S, H, V].
    private (Tensor Query, Tensor Key, Tensor Value, RecomputedTensors? Recomputed) Heads(Tensor x, RotaryPositions at)
    {
        long B = x.shape[0], S = x.shape[1], H = _config.NumAttentionHeads, V = _config.VHeadDim;
        var (queryContent, queryRotary) = Queries(x, at);
        var (latent, keyRotary) = Latents(x, at);
        var up = _keyValueUp.Forward(latent).view(B, S, H, _config.QkNopeHeadDim + V);
        var parts = up.split([_config.QkNopeHeadDim, V], -1);
        var keyContent = parts[0];                                          // eq. (2): k^C = W^UK c^KV
        var value = parts[1];                                               // eq. (5): v^C = W^UV c^KV

        var query = cat([queryContent, queryRotary], -1);                    // eq. (9)
        var key = cat([keyContent, keyRotary.expand(-1, -1, H, -1)], -1);    // eq. (4)
        return (query, key, value, null);
    }

    // The same tensors as Heads, each computed from its projection in one pass.
    private (Tensor Query, Tensor Key, Tensor Value, RecomputedTensors? Recomputed) FusedHeads(Activation x, RotaryPositions at)
    {
        long C = _config.KvLoraRank, P = _config.QkRopeHeadDim;
        var compressed = Compressed(x);
        var down = _keyValueDown.Forward(x);
        var latent = _keyValueNorm.ForProduct(down.narrow(-1, 0, C).contiguous());
        var keyRotary = down.narrow(-1, C, P).unsqueeze(2).contiguous();
        var (query, key, value) = Expand(compressed, latent, keyRotary, at);
        if (!_recomputeUp) return (query, key, value, null);
        return (query, key, value, Activation.Recompute([compressed, latent, keyRotary, at.Cos, at.Sin], kept =>
        {
            var (q, k, v) = Expand(kept[0], kept[1], kept[2], new RotaryPositions(kept[3], kept[4]));
            return [q, k, v];
        }));
    }

    private (Tensor Query, Tensor Key, Tensor Value) Expand(Activation compressed, Activation latent, Tensor keyRotary, RotaryPositions at)
    {
        long B = keyRotary.size(0), S = keyRotary.size(1), H = _config.NumAttentionHeads, N = _config.QkNopeHeadDim, V = _config.VHeadDim;
        var query = RotaryKernel.Apply(_queryUp.Forward(compressed).view(B, S, H, _config.QkHeadDim), at.Cos, at.Sin, _rotary.Interleaved);
        var (key, value) = RotaryKernel.Apply(_keyValueUp.Forward(latent).view(B, S, H, N + V), N, keyRotary, at.Cos, at.Sin,
            _rotary.Interleaved);
        return (query, key, value);
    }

    /// <summary>
    /// Computes attention of new tokens x [B, S, D] over the cached tokens and themselves, with the up-projections absorbed:
    /// q.(W^UK c) = (W^UK^T q).c, so keys and values are never expanded (DeepSeek-V2 section 2.1.2). The cache holds a token's
    /// compressed c^KV and rotary key: C + P values, independent of the number of heads (section 2.1.3).
    /// </summary>
    public Tensor Forward(Tensor x, AttentionContext context, AttentionCache cache)
    {
        long B = x.shape[0], S = x.shape[1], H = _config.NumAttentionHeads, N = _config.QkNopeHeadDim, C = _config.KvLoraRank,
            V = _config.VHeadDim;
        var (queryContent, queryRotary) = Queries(x, context.Rotary);
        var (newLatent, newKeyRotary) = Latents(x, context.Rotary);
        var held = cache.Append(cat([newLatent, newKeyRotary.squeeze(2)], -1)); // [B, L, C + P]
        var latent = held.narrow(-1, 0, C).unsqueeze(1);                        // [B, 1, L, C]

        var up = _keyValueUp.Weight.view(H, N + V, C);
        var upKey = up.narrow(1, 0, N);   // W^UK  [H, N, C]
        var upValue = up.narrow(1, N, V); // W^UV  [H, V, C]

        var absorbed = queryContent.transpose(1, 2).matmul(upKey);           // [B, H, S, C]
        var query = cat([absorbed, queryRotary.transpose(1, 2)], -1);        // [B, H, S, C + P]
        var weights = Attention.Weights(query.matmul(held.unsqueeze(1).transpose(-1, -2)), _config.SoftmaxScale); // [B, H, S, L]
        var mixed = weights.matmul(latent).matmul(upValue.transpose(-1, -2)); // [B, H, S, V]
        return _output.Forward(mixed.transpose(1, 2).reshape(B, S, H * V));
    }

    // eq. (6) to (8): q^C [B, S, H, N] and q^R [B, S, H, P]
    private (Tensor Content, Tensor Rotary) Queries(Tensor x, RotaryPositions at)
    {
        var parts = QueryHeads(x).split([_config.QkNopeHeadDim, _config.QkRopeHeadDim], -1);
        return (parts[0], _rotary.Rotate(parts[1], at));
    }

    // Before rotation, [B, S, H, N + P].
    private Tensor QueryHeads(Tensor x) =>
        _queryUp.Forward(Compressed(x)).view(x.shape[0], x.shape[1], _config.NumAttentionHeads, _config.QkHeadDim);

    // c^Q, or x if queries are not compressed.
    private Activation Compressed(Activation x) => _queryDown is null ? x : _queryNorm!.ForProduct(_queryDown.Forward(x));

    // eq. (1) and (3): c^KV [B, S, C] after its norm, and k^R [B, S, 1, P], one for all heads
    private (Tensor Latent, Tensor KeyRotary) Latents(Tensor x, RotaryPositions at)
    {
        var parts = _keyValueDown.Forward(x).split([_config.KvLoraRank, _config.QkRopeHeadDim], -1);
        return (_keyValueNorm.Forward(parts[0]), _rotary.Rotate(parts[1].unsqueeze(2), at));
    }
}
