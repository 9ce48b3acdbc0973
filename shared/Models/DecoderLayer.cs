using System.Collections.Immutable;
using Distributed.Models.Layers;
using Distributed.Models.Moe;
using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Models;

/// <summary>
/// One transformer layer: h = x + attention(norm(x)), then h + feed-forward(norm(h)). The feed-forward network is dense or a mixture
/// of experts.
/// </summary>
public sealed class DecoderLayer
{
    private readonly IAttention _attention;
    private readonly RmsNorm _inputNorm;
    private readonly RmsNorm _postAttentionNorm;
    private readonly SwiGlu? _dense;

    /// <summary>Declares layer <paramref name="index"/> under <c>model.layers.{index}</c>.</summary>
    /// <param name="parameters">Receives the declarations of the weights.</param>
    /// <param name="config">The network's shape.</param>
    /// <param name="index">Index of the layer; the indices of MTP modules follow the last decoder layer's.</param>
    /// <param name="localExperts">Global indices of this layer's experts on this rank, ascending; empty for a dense layer.</param>
    /// <param name="rotary">The network's rotary embedding.</param>
    public DecoderLayer(ParameterSet parameters, DecoderConfig config, int index, ImmutableArray<int> localExperts,
        RotaryEmbedding rotary)
    {
        Index = index;
        Name = $"model.layers.{index}";
        var declared = parameters.All.Count;
        _attention = config.Attention.CreateLayer(parameters, $"{Name}.self_attn", config, rotary);
        _inputNorm = new RmsNorm(parameters, $"{Name}.input_layernorm", config.HiddenSize, config.RmsNormEps);
        _postAttentionNorm = new RmsNorm(parameters, $"{Name}.post_attention_layernorm", config.HiddenSize, config.RmsNormEps);
        if (config.IsMoe(index))
        {
            Moe = new MixtureOfExperts(parameters, $"{Name}.mlp", config.Routing, localExperts, config.HiddenSize,
                config.MoeIntermediateSize, config.NSharedExperts);
            AttentionParameters = [.. parameters.All.Skip(declared).Except(Moe.Experts.Parameters).Except(Moe.SharedParameters)];
        }
        else
        {
            _dense = new SwiGlu(parameters, $"{Name}.mlp", config.HiddenSize, config.IntermediateSize);
            AttentionParameters = [.. parameters.All.Skip(declared)];
        }
    }

    /// <summary>Position in the network; the indices of MTP modules follow the last decoder layer's.</summary>
    public int Index { get; }

    /// <summary>Prefix of the layer's weight names.</summary>
    public string Name { get; }

    /// <summary>The mixture of experts; null for a dense layer.</summary>
    public MixtureOfExperts? Moe { get; }

    /// <summary>All parameters except the experts': attention, norms, router, and a dense layer's feed-forward network.</summary>
    public IReadOnlyList<Parameter> AttentionParameters { get; }

    /// <summary>Computes the attention half: h = x + attention(norm(x)) and u = norm(h), both [B, S, D].</summary>
    public (Tensor Residual, Activation Normed) Attend(Tensor x, AttentionContext context, AttentionCache? cache = null)
    {
        var normed = _inputNorm.ForProduct(x);
        var mixed = cache is null ? _attention.Forward(normed, context) : _attention.Forward(normed.Value, context, cache);
        return _postAttentionNorm.ForProduct(x, mixed);
    }

    /// <summary>Computes a whole dense layer, [B, S, D] to [B, S, D].</summary>
    public Tensor ForwardDense(Tensor x, AttentionContext context, AttentionCache? cache = null)
    {
        var (residual, normed) = Attend(x, context, cache);
        return residual + _dense!.Forward(normed);
    }

    /// <summary>Computes the whole layer with all experts on this rank; <paramref name="routed"/> receives the router's choice.</summary>
    public Tensor Forward(Tensor x, AttentionContext context, AttentionCache? cache = null, Action<int, Routing>? routed = null)
    {
        if (Moe is null) return ForwardDense(x, context, cache);
        var (residual, normed) = Attend(x, context, cache);
        var (output, routing) = Moe.Forward(normed.Value.flatten(0, 1));
        routed?.Invoke(Index, routing);
        return residual + output.view_as(residual);
    }
}
