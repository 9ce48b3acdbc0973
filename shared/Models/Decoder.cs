using System.Collections.Immutable;
using Distributed.Models.Layers;
using Distributed.Models.Moe;
using Distributed.Models.Parameters;
using Distributed.Tensors;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models;

/// <summary>
/// A transformer with a mixture of experts (DeepSeek-AI 2024, section 2): embedding, L decoder layers of attention and a feed-forward
/// network, which is dense or has experts, final norm, output head or score, and multi-token prediction modules. The configuration
/// determines the kind of attention. Weight names are those of the Hugging Face checkpoints. The class is independent of other ranks: the
/// caller passes the experts of this rank.
/// </summary>
public sealed class Decoder : IDisposable
{
    /// <summary>Name of the score's weight in checkpoints, as in Hugging Face's sequence classifiers.</summary>
    public const string ScoreName = "score.weight";

    private readonly RotaryEmbedding _rotary;
    private readonly Parameter _embedding; // [vocabulary, D]
    private readonly RmsNorm _finalNorm;
    private readonly Parameter? _head;     // [vocabulary, D]
    private readonly Parameter? _score;    // [1, D]

    /// <summary>Declares the network and allocates its weights, uninitialised.</summary>
    /// <param name="config">The network's shape.</param>
    /// <param name="compute">bf16, fp32 or fp64.</param>
    /// <param name="localExperts">Experts on this rank by layer index; null for all of every layer.</param>
    /// <param name="kernels">Implementation of the operations: fused kernels or plain operators.</param>
    /// <param name="recomputation">Results that are recomputed in backward instead of kept.</param>
    public Decoder(
        DecoderConfig config, ScalarType compute, Func<int, ImmutableArray<int>>? localExperts = null,
        KernelChoice kernels = KernelChoice.Fused,
        Recomputation recomputation = Recomputation.None)
        : this(config, compute, localExperts, kernels, recomputation, allocate: true)
    {
    }

    private Decoder(DecoderConfig config, ScalarType compute, Func<int, ImmutableArray<int>>? localExperts, KernelChoice kernels,
        Recomputation recomputation, bool allocate)
    {
        Config = config;
        Parameters = new ParameterSet(compute, WideType.Of(compute), kernels, recomputation);
        localExperts ??= _ => [.. Enumerable.Range(0, config.NRoutedExperts)];
        ImmutableArray<int> Local(int layer) => config.IsMoe(layer) ? localExperts(layer) : [];

        var frequencies = config.RopeScaling is { } yarn
            ? RotaryFrequencies.Yarn(config.Attention.RotaryWidth, config.RopeTheta, yarn)
            : RotaryFrequencies.Plain(config.Attention.RotaryWidth, config.RopeTheta);
        _rotary = new RotaryEmbedding(frequencies, config.RopeScaling?.CosSinFactor ?? 1, config.Attention.IsRotaryInterleaved);

        long[] vocabulary = [config.VocabSize, config.HiddenSize];
        _embedding = Parameters.Declare("model.embed_tokens.weight", vocabulary, ParameterRole.Embedding);
        Layers = [.. Enumerable.Range(0, config.NumHiddenLayers)
            .Select(index => new DecoderLayer(Parameters, config, index, Local(index), _rotary))];
        _finalNorm = new RmsNorm(Parameters, "model.norm", config.HiddenSize, config.RmsNormEps);
        FinalNormParameters = [Parameters.All[^1]];
        if (config.Heads != DecoderHeads.Score)
            _head = config.TieWordEmbeddings ? _embedding : Parameters.Declare("lm_head.weight", vocabulary, ParameterRole.Embedding);
        if (config.Heads != DecoderHeads.LanguageModel)
            _score = Parameters.Declare(ScoreName, [1, config.HiddenSize], ParameterRole.Vector, Initialisation.Zeros, isWide: true);
        Mtp = [.. Enumerable.Range(1, config.NumNextnPredictLayers).Select(depth =>
            new MultiTokenPrediction(Parameters, config, depth, Local(config.NumHiddenLayers + depth - 1), _rotary))];
        if (allocate) Parameters.Allocate();
    }

    /// <summary>
    /// Lists name and shape of every tensor in a whole network's checkpoint, router biases included, without allocating weights.
    /// </summary>
    public static IReadOnlyList<(string Name, long[] Shape)> TensorsOf(DecoderConfig config)
    {
        using var model = new Decoder(config, ScalarType.Float32, null, KernelChoice.Fused, Recomputation.None, allocate: false);
        return
        [
            .. model.Parameters.All.SelectMany(parameter => parameter.Views.Select(view => (view.Name, view.Shape))),
            .. model.Parameters.Buffers.Select(buffer => (buffer.Key, buffer.Value.shape)),
        ];
    }

    /// <summary>Returns a predicate that selects the weights of the multi-token prediction modules by name.</summary>
    public static Func<string, bool> IsOfMtp(DecoderConfig config)
    {
        string[] prefixes =
        [
            .. Enumerable.Range(config.NumHiddenLayers, config.NumNextnPredictLayers).Select(layer => $"model.layers.{layer}."),
        ];
        return name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>The network's shape.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The weights and router biases on this rank.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The trunk's layers.</summary>
    public IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>The multi-token prediction modules, ordered by depth.</summary>
    public IReadOnlyList<MultiTokenPrediction> Mtp { get; }

    /// <summary>The embedding, which the MTP modules share.</summary>
    public Parameter Embedding => _embedding;

    /// <summary>The output head, which the MTP modules share; the embedding itself when tied.</summary>
    /// <exception cref="InvalidOperationException">The network has none (<see cref="DecoderConfig.Heads"/>).</exception>
    public Parameter OutputHead => _head ?? throw new InvalidOperationException("The network has no output head, only a score.");

    /// <summary>The weight of the score, [1, D]. It starts at zero, so that a score is 0 before the first update.</summary>
    /// <exception cref="InvalidOperationException">The network has none (<see cref="DecoderConfig.Heads"/>).</exception>
    public Parameter ScoreHead => _score ?? throw new InvalidOperationException("The network has no score.");

    /// <summary>The final norm's parameter.</summary>
    public IReadOnlyList<Parameter> FinalNormParameters { get; }

    /// <summary>All layers with experts, those of the MTP modules included, ordered by index.</summary>
    public IEnumerable<DecoderLayer> MoeLayers => Layers.Concat(Mtp.Select(module => module.Layer)).Where(layer => layer.Moe is not null);

    /// <summary>Computes rotary positions and mask of a batch.</summary>
    /// <param name="positions">[B, S] int64.</param>
    /// <param name="documents">
    /// Document index of every token, [B, S] int64; attention stays within a document. Null for plain causal attention.
    /// </param>
    public AttentionContext Context(Tensor positions, Tensor? documents = null) =>
        new(_rotary.At(positions, Parameters.Compute), documents is null ? null : AttentionContext.DocumentMask(documents));

    /// <summary>Looks up the embeddings of tokens: [B, S] int64 to [B, S, D].</summary>
    public Tensor Embed(Tensor tokens) =>
        EmbeddingKernel.Apply(_embedding.Value, tokens.flatten(), _embedding.GradientAccumulator, Parameters.Kernels)
            .view(tokens.shape[0], tokens.shape[1], Config.HiddenSize);

    /// <summary>Applies the norm after the last layer, [B, S, D].</summary>
    public Tensor FinalNorm(Tensor x) => _finalNorm.Forward(x);

    /// <summary>Computes logits, [..., D] to [..., vocabulary].</summary>
    public Tensor Head(Tensor hidden) => nn.functional.linear(hidden, OutputHead.Value);

    /// <summary>Computes the sum of the tokens' cross-entropy in nats, a scalar of the wide type.</summary>
    /// <param name="hidden">Normed hidden states, [B, S, D].</param>
    /// <param name="targets">Next token of each position, [B * S] int64; -100 for none.</param>
    /// <param name="factor">The loss's gradient in backward, if known in advance, which saves memory; null if not known.</param>
    public Tensor CrossEntropy(Tensor hidden, Tensor targets, double? factor = null) =>
        CrossEntropyHead.Apply(
            hidden, OutputHead.Value, targets, Parameters.Wide, OutputHead.GradientAccumulator, factor, Parameters.Kernels);

    /// <summary>Computes the log-probabilities of given next tokens in nats, [N] of the wide type.</summary>
    /// <param name="hidden">Normed hidden states, [N, D].</param>
    /// <param name="targets">The token after each position, [N] int64.</param>
    public Tensor LogProbabilities(Tensor hidden, Tensor targets) => TokenLogProbabilities.Apply(
        hidden, OutputHead.Value, targets, Parameters.Wide, OutputHead.GradientAccumulator, Parameters.Kernels);

    /// <summary>Computes the score of each position, [N] of the wide type.</summary>
    /// <param name="hidden">Normed hidden states, [N, D].</param>
    public Tensor Score(Tensor hidden) => hidden.to(Parameters.Wide).matmul(ScoreHead.Value.squeeze(0));

    /// <summary>Computes normed hidden states of tokens [B, S], with all experts on this rank.</summary>
    /// <param name="tokens">[B, S] int64.</param>
    /// <param name="context">Positions and mask of the tokens.</param>
    /// <param name="caches">Caches of the preceding tokens, one per layer; null for a forward over the whole context.</param>
    /// <param name="observe">Receives every layer's output and router choice, for inspection; null for none.</param>
    public Tensor Forward(Tensor tokens, AttentionContext context, IReadOnlyList<AttentionCache>? caches = null,
        ForwardObserver? observe = null)
    {
        var x = Embed(tokens);
        observe?.Hidden?.Invoke("embed", x);
        foreach (var layer in Layers)
        {
            x = layer.Forward(x, context, caches?[layer.Index], observe?.Routed);
            observe?.Hidden?.Invoke($"layer.{layer.Index}", x);
        }

        x = FinalNorm(x);
        observe?.Hidden?.Invoke("final_norm", x);
        return x;
    }

    /// <summary>
    /// Computes normed hidden states of the MTP module <paramref name="module"/>, [B, S - k, D], from those of the previous depth.
    /// Row i consumes token i + k and predicts token i + k + 1.
    /// </summary>
    public Tensor ForwardMtp(MultiTokenPrediction module, Tensor hidden, Tensor tokens, AttentionContext context,
        ForwardObserver? observe = null)
    {
        var k = module.Depth;
        var rows = tokens.shape[1] - k;
        var x = module.Combine(Embed(tokens.narrow(1, k, rows)), hidden.narrow(1, 0, rows));
        return module.Norm(module.Layer.Forward(x, context.From(k), routed: observe?.Routed));
    }

    /// <inheritdoc/>
    public void Dispose() => Parameters.Dispose();
}

/// <summary>Callbacks for inspection of a forward.</summary>
/// <param name="Hidden">Receives the residual stream after each layer, with its name; null for none.</param>
/// <param name="Routed">Receives the router's choice of each layer, with the layer's index; null for none.</param>
public sealed record ForwardObserver(Action<string, Tensor>? Hidden, Action<int, Routing>? Routed);
