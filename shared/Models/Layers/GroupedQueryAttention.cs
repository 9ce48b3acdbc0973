using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// Grouped-query attention (Ainslie et al. 2023, section 2.2): R = H / G query heads share one head of keys and
/// values. Rotary embedding rotates the leading dimensions of queries and keys, paired across their two halves. An optional norm of
/// each head precedes the rotation.
/// <code>
/// B sequences   S tokens   D width   H heads of queries   G heads of keys and values   W head width   L tokens, cached ones included
/// </code>
/// </summary>
public sealed class GroupedQueryAttention : IAttention
{
    private readonly GroupedQueryShape _shape;
    private readonly long _heads;
    private readonly double _scale;
    private readonly KernelChoice _kernels;
    private readonly Linear _projection; // W^Q above W^K above W^V  [(H + 2 G) W, D]
    private readonly RmsNorm? _queryNorm, _keyNorm;
    private readonly Linear _output;     // W^O  [D, H W]

    /// <summary>Declares the weights under <c>{name}.</c> with their Hugging Face names.</summary>
    public GroupedQueryAttention(ParameterSet parameters, string name, DecoderConfig config, GroupedQueryShape shape)
    {
        (_shape, _heads, _scale, _kernels) = (shape, shape.NumAttentionHeads, config.SoftmaxScale, parameters.Kernels);
        long D = config.HiddenSize, H = _heads, G = shape.NumKeyValueHeads, W = shape.HeadDim;
        _projection = new Linear(parameters, $"{name}.qkv_proj", D,
            [($"{name}.q_proj", H * W), ($"{name}.k_proj", G * W), ($"{name}.v_proj", G * W)], shape.AttentionBias);
        if (shape.UseQkNorm)
        {
            _queryNorm = new RmsNorm(parameters, $"{name}.q_norm", W, config.RmsNormEps);
            _keyNorm = new RmsNorm(parameters, $"{name}.k_norm", W, config.RmsNormEps);
        }

        _output = new Linear(parameters, $"{name}.o_proj", H * W, D); // never a bias, as in the checkpoints; AttentionBias does not apply
    }

    /// <inheritdoc/>
    public Tensor Forward(Activation x, AttentionContext context)
    {
        var (query, key, value) = Heads(x, context.Rotary);
        return _output.Forward(AttentionKernel.Apply(query, key, value, _scale, context.Mask, kernels: _kernels).flatten(2));
    }

    /// <inheritdoc/>
    /// <remarks>The cache holds a token's keys followed by its values, 2 G W values.</remarks>
    public Tensor Forward(Tensor x, AttentionContext context, AttentionCache cache)
    {
        long B = x.shape[0], S = x.shape[1], G = _shape.NumKeyValueHeads, W = _shape.HeadDim;
        var (query, newKey, newValue) = Heads(x, context.Rotary);
        var held = cache.Append(cat([newKey, newValue], 2).flatten(2)).view(B, -1, 2, G, W); // [B, L, 2, G, W]
        var key = held.select(2, 0).permute(0, 2, 3, 1);                                     // [B, G, W, L]
        var value = held.select(2, 1).transpose(1, 2);                                       // [B, G, L, W]

        // The queries that share a head of keys are the rows of one product.
        var together = query.view(B, S, G, -1, W).permute(0, 2, 3, 1, 4).reshape(B, G, -1, W); // [B, G, R S, W]
        var weights = Attention.Weights(together.matmul(key).view(B, G, -1, S, cache.Length), _scale); // [B, G, R, S, L]
        var mixed = weights.flatten(2, 3).matmul(value).view(B, G, -1, S, W);                  // [B, G, R, S, W]
        return _output.Forward(mixed.permute(0, 3, 1, 2, 4).reshape(B, S, -1));
    }

    // Rotated queries [B, S, H, W], rotated keys [B, S, G, W], and values [B, S, G, W].
    private (Tensor Query, Tensor Key, Tensor Value) Heads(Activation x, RotaryPositions at)
    {
        long H = _heads, G = _shape.NumKeyValueHeads;
        var heads = _projection.Forward(x).view(x.Value.shape[0], x.Value.shape[1], H + 2 * G, _shape.HeadDim);
        if (_queryNorm is null)
        {
            var rotated = Split(heads, [H, G, G], 2, at);
            return (rotated[0], rotated[1], rotated[2]);
        }

        var parts = Split(heads, [H, G, G], 0, at);
        return (Split(_queryNorm.Forward(parts[0]), [H], 1, at)[0], Split(_keyNorm!.Forward(parts[1]), [G], 1, at)[0], parts[2]);
    }

    private Tensor[] Split(Tensor heads, long[] counts, int rotated, RotaryPositions at) =>
        HeadsKernel.Apply(heads, counts, rotated, at.Cos, at.Sin, _kernels);
}
