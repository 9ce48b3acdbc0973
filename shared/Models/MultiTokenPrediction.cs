using System.Collections.Immutable;
using Distributed.Models.Layers;
using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Models;

/// <summary>
/// The k-th multi-token prediction module (DeepSeek-V3 section 2.2, eq. 21 to 23). It predicts token i + k + 1 from the hidden state
/// of token i and the embedding of token i + k. It shares the network's embedding and output head.
/// </summary>
/// <remarks>
/// Eq. (21) of the report writes the concatenation as [hidden; embedding]; the checkpoint and all known implementations put the
/// embedding first. The hidden state is the normed one: the trunk's after its final norm, a module's after its own norm.
/// </remarks>
public sealed class MultiTokenPrediction
{
    private readonly RmsNorm _embeddingNorm;
    private readonly RmsNorm _hiddenNorm;
    private readonly Linear _projection; // M_k  [D, 2 D]
    private readonly RmsNorm _headNorm;

    /// <summary>Declares module <paramref name="depth"/> (from 1) under <c>model.layers.{L + depth - 1}</c>.</summary>
    public MultiTokenPrediction(ParameterSet parameters, DecoderConfig config, int depth, ImmutableArray<int> localExperts,
        RotaryEmbedding rotary)
    {
        Depth = depth;
        var index = config.NumHiddenLayers + depth - 1;
        var name = $"model.layers.{index}";
        var declared = parameters.All.Count;
        _embeddingNorm = new RmsNorm(parameters, $"{name}.enorm", config.HiddenSize, config.RmsNormEps);
        _hiddenNorm = new RmsNorm(parameters, $"{name}.hnorm", config.HiddenSize, config.RmsNormEps);
        _projection = new Linear(parameters, $"{name}.eh_proj", 2 * config.HiddenSize, config.HiddenSize);
        CombineParameters = [.. parameters.All.Skip(declared)];
        _headNorm = new RmsNorm(parameters, $"{name}.shared_head.norm", config.HiddenSize, config.RmsNormEps);
        NormParameters = [parameters.All[^1]];
        Layer = new DecoderLayer(parameters, config, index, localExperts, rotary);
    }

    /// <summary>Depth k, from 1: the module predicts k tokens further ahead than the trunk.</summary>
    public int Depth { get; }

    /// <summary>The module's transformer layer TRM_k.</summary>
    public DecoderLayer Layer { get; }

    /// <summary>Parameters of <see cref="Combine"/>.</summary>
    public IReadOnlyList<Parameter> CombineParameters { get; }

    /// <summary>The parameter of <see cref="Norm"/>.</summary>
    public IReadOnlyList<Parameter> NormParameters { get; }

    /// <summary>Computes h'^k = M_k [norm(embedding); norm(hidden)] (eq. 21), [B, S - k, D].</summary>
    /// <param name="embedding">Embeddings of tokens k .. S - 1, [B, S - k, D].</param>
    /// <param name="hidden">The previous depth's normed hidden states of tokens 0 .. S - k - 1, [B, S - k, D].</param>
    public Tensor Combine(Tensor embedding, Tensor hidden) =>
        _projection.Forward(cat([_embeddingNorm.Forward(embedding), _hiddenNorm.Forward(hidden)], -1));

    /// <summary>Applies the norm before the shared head; its output also feeds the next module.</summary>
    public Tensor Norm(Tensor x) => _headNorm.Forward(x);
}
