using System.Text.Json.Nodes;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;

namespace Distributed.Models;

/// <summary>The shape of a <see cref="Decoder"/>. Property names follow the keys of Hugging Face's <c>config.json</c>.</summary>
public sealed record DecoderConfig
{
    /// <summary>The family whose keys describe the network in files. The network itself does not depend on it.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Number of tokens in the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Model width D.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Inner width of the SwiGLU of layers without experts.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Inner width I of one expert's SwiGLU; not used by a network without experts.</summary>
    public int MoeIntermediateSize { get; init; }

    /// <summary>Number of decoder layers L.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>Number of multi-token prediction modules.</summary>
    public int NumNextnPredictLayers { get; init; }

    /// <summary>What follows the trunk.</summary>
    public DecoderHeads Heads { get; init; }

    /// <summary>The attention of every layer.</summary>
    public required AttentionShape Attention { get; init; }

    /// <summary>
    /// Number of shared experts, which process every token; together they form one SwiGLU of that many times the inner width.
    /// </summary>
    public int NSharedExperts { get; init; }

    /// <summary>Number of routed experts E of an MoE layer; 0 for a network without experts.</summary>
    public int NRoutedExperts { get; init; }

    /// <summary>Number of routed experts K chosen per token.</summary>
    public int NumExpertsPerTok { get; init; } = 1;

    /// <summary>Number of expert groups; a token's experts come from <see cref="TopkGroup"/> of them.</summary>
    public int NGroup { get; init; } = 1;

    /// <summary>Number of groups that a token's experts may come from.</summary>
    public int TopkGroup { get; init; } = 1;

    /// <summary>Factor on the routed experts' weights.</summary>
    public double RoutedScalingFactor { get; init; } = 1;

    /// <summary>Whether the chosen experts' scores are divided by their sum.</summary>
    public bool NormTopkProb { get; init; } = true;

    /// <summary>Number of leading layers with a dense feed-forward network.</summary>
    public int FirstKDenseReplace { get; init; }

    /// <summary>After the leading dense layers, every n-th layer (by its index) is an MoE layer.</summary>
    public int MoeLayerFreq { get; init; } = 1;

    /// <summary>Longest context, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Epsilon that RMSNorm adds to the mean square.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>YaRN scaling; null for plain rotary frequencies.</summary>
    public YarnScaling? RopeScaling { get; init; }

    /// <summary>Whether the output head shares the embedding's weight.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Scale of q.k before the softmax.</summary>
    public double SoftmaxScale => Attention.SoftmaxScale(RopeScaling);

    /// <summary>Whether layer <paramref name="layer"/> has experts; the indices of MTP modules follow the last decoder layer's.</summary>
    public bool IsMoe(int layer) => NRoutedExperts > 0 && layer >= FirstKDenseReplace && layer % MoeLayerFreq == 0;

    /// <summary>Indices of the layers with experts, MTP modules included.</summary>
    public IEnumerable<int> MoeLayers => Enumerable.Range(0, NumHiddenLayers + NumNextnPredictLayers).Where(IsMoe);

    /// <summary>The routers' options.</summary>
    public RouterOptions Routing => new()
    {
        Experts = NRoutedExperts,
        ChosenPerToken = NumExpertsPerTok,
        Groups = NGroup,
        ChosenGroups = TopkGroup,
        NormaliseWeights = NormTopkProb,
        ScalingFactor = RoutedScalingFactor,
    };

    /// <summary>Writes the network with the keys of its family; <see cref="ModelFamilies.Read"/> gives an equal record.</summary>
    public JsonObject ToJson() => Family.Write(this);
}
