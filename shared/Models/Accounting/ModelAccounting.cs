using System.Collections.Immutable;

namespace Distributed.Models.Accounting;

/// <summary>
/// The size of a network, computed from its configuration without allocating anything. The router's correction bias is a
/// buffer and is not counted. <see cref="Total"/> excludes the multi-token prediction modules, as published totals do.
/// </summary>
public sealed record ModelAccounting
{
    /// <summary>The trunk's parts; their parameters sum to <see cref="Total"/>.</summary>
    public required ImmutableArray<ModelPart> Parts { get; init; }

    /// <summary>
    /// All multi-token prediction modules, without the embedding and the output head that they share; null if the network has none.
    /// </summary>
    public ModelPart? MultiTokenPrediction { get; init; }

    /// <summary>Values that the attention caches of all layers hold for each token of the context.</summary>
    public required long CachedPerToken { get; init; }

    /// <summary>Parameters of the trunk, embedding and output head included.</summary>
    public long Total => Parts.Sum(part => part.Parameters);

    /// <summary>Parameters of the trunk that one token passes, embedding and output head included.</summary>
    public long Active => Parts.Sum(part => part.Active);

    /// <summary>Size of the attention caches per token of the context, in bytes.</summary>
    /// <param name="bytesPerNumber">Bytes of one value; 2 for bf16.</param>
    public long CacheBytesPerToken(int bytesPerNumber = 2) => CachedPerToken * bytesPerNumber;

    /// <summary>Computes the accounting of a network.</summary>
    public static ModelAccounting Of(DecoderConfig config)
    {
        long D = config.HiddenSize;
        var trunk = Enumerable.Range(0, config.NumHiddenLayers).ToArray();
        var modules = Enumerable.Range(config.NumHiddenLayers, config.NumNextnPredictLayers).ToArray();
        var vocabulary = config.VocabSize * D;
        var head = config.TieWordEmbeddings || config.Heads == DecoderHeads.Score ? 0 : vocabulary;

        var mtp = LayerParts(config, modules).ToArray();
        // eq. (21): the projection of two concatenated states; a norm for each of them, and one before the shared head.
        var joining = modules.Length * (2 * D * D + 3 * D);
        return new ModelAccounting
        {
            Parts =
            [
                new ModelPart("embedding", vocabulary, vocabulary),
                .. LayerParts(config, trunk).Select(part => part.Name == Norms ? Plus(part, D) : part), // and the final norm
                new ModelPart("output head", head, head),
                .. config.Heads == DecoderHeads.LanguageModel ? (ModelPart[])[] : [All("score", D)],
            ],
            MultiTokenPrediction = modules.Length == 0
                ? null
                : new ModelPart("multi-token prediction", mtp.Sum(part => part.Parameters) + joining,
                    mtp.Sum(part => part.Active) + joining),
            CachedPerToken = (long)config.Attention.CacheWidth * config.NumHiddenLayers,
        };
    }

    private const string Norms = "norms";

    private static ModelPart Plus(ModelPart part, long more) =>
        part with { Parameters = part.Parameters + more, Active = part.Active + more };

    private static IEnumerable<ModelPart> LayerParts(DecoderConfig config, int[] layers)
    {
        long D = config.HiddenSize, E = config.NRoutedExperts, K = config.NumExpertsPerTok;
        long moe = layers.Count(config.IsMoe), dense = layers.Length - moe;
        long expert = 3 * D * config.MoeIntermediateSize; // gate, up, down
        yield return All("attention", layers.Length * config.Attention.ProjectionParameters(D));
        yield return All("dense feed-forward", dense * 3 * D * config.IntermediateSize);
        yield return All("shared experts", moe * config.NSharedExperts * expert);
        yield return new ModelPart("routed experts", moe * E * expert, moe * Math.Min(K, E) * expert);
        yield return All("routers", moe * E * D);
        // Norms before attention and feed-forward, and within attention.
        yield return All(Norms, layers.Length * (2 * D + config.Attention.NormParameters));
    }

    private static ModelPart All(string name, long parameters) => new(name, parameters, parameters);
}
