using Distributed.Models.Families;
using Distributed.Configuration;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;

namespace Distributed.Models;

/// <summary>
/// The shape of a DeepSeek-V3 network, under the keys of its Hugging Face <c>config.json</c>, or of a GLM-4.5 network
/// (<c>glm4_moe</c>), which differs only in its attention: grouped-query attention instead of latent attention.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary><c>model_type</c> of networks with latent attention.</summary>
    public const string ModelType = "deepseek_v3";

    /// <summary><c>model_type</c> of networks with grouped-query attention.</summary>
    public const string GroupedQueryModelType = "glm4_moe";

    // Keys that only one of the two model types has.
    private static readonly string[] LatentKeys =
        ["q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "rope_interleave", "moe_layer_freq"];
    private static readonly string[] GroupedQueryKeys = ["partial_rotary_factor", "use_qk_norm"];

    /// <summary>Number of tokens in the vocabulary.</summary>
    public int VocabSize { get; init; } = 129280;

    /// <summary>Model width D.</summary>
    public int HiddenSize { get; init; } = 7168;

    /// <summary>Inner width of the leading dense layers' SwiGLU.</summary>
    public int IntermediateSize { get; init; } = 18432;

    /// <summary>Inner width I of one expert's SwiGLU.</summary>
    public int MoeIntermediateSize { get; init; } = 2048;

    /// <summary>Number of decoder layers L.</summary>
    public int NumHiddenLayers { get; init; } = 61;

    /// <summary>Number of multi-token prediction modules.</summary>
    public int NumNextnPredictLayers { get; init; }

    /// <summary>Number of attention heads H.</summary>
    public int NumAttentionHeads { get; init; } = 128;

    /// <summary>
    /// Number of shared experts, which process every token; together they form one SwiGLU of that many times the inner width.
    /// </summary>
    public int NSharedExperts { get; init; } = 1;

    /// <summary>Number of routed experts E of an MoE layer.</summary>
    public int NRoutedExperts { get; init; } = 256;

    /// <summary>Number of routed experts K chosen per token.</summary>
    public int NumExpertsPerTok { get; init; } = 8;

    /// <summary>Number of expert groups; a token's experts come from <see cref="TopkGroup"/> of them.</summary>
    public int NGroup { get; init; } = 8;

    /// <summary>Number of groups that a token's experts may come from.</summary>
    public int TopkGroup { get; init; } = 4;

    /// <summary>Factor on the routed experts' weights.</summary>
    public double RoutedScalingFactor { get; init; } = 2.5;

    /// <summary>Whether the chosen experts' scores are divided by their sum.</summary>
    public bool NormTopkProb { get; init; } = true;

    /// <summary>Number of leading layers with a dense feed-forward network.</summary>
    public int FirstKDenseReplace { get; init; } = 3;

    /// <summary>After the leading dense layers, every n-th layer (by its index) is an MoE layer.</summary>
    public int MoeLayerFreq { get; init; } = 1;

    /// <summary>Shape of grouped-query attention; null for latent attention, which the next five properties describe.</summary>
    public GroupedQueryShape? GroupedQuery { get; init; }

    /// <summary>Width of the compressed query; null projects queries directly.</summary>
    public int? QLoraRank { get; init; } = 1536;

    /// <summary>Width C of the compressed keys and values, which the attention cache holds.</summary>
    public int KvLoraRank { get; init; } = 512;

    /// <summary>Width of the part of a head that is not rotated by position.</summary>
    public int QkNopeHeadDim { get; init; } = 128;

    /// <summary>Width of a head's rotary part; even.</summary>
    public int QkRopeHeadDim { get; init; } = 64;

    /// <summary>Width of a head's value.</summary>
    public int VHeadDim { get; init; } = 128;

    /// <summary>Longest context, in tokens.</summary>
    public int MaxPositionEmbeddings { get; init; } = 4096;

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.006;

    /// <summary>Epsilon that RMSNorm adds to the mean square.</summary>
    public double RmsNormEps { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>YaRN scaling; null for plain rotary frequencies.</summary>
    public YarnScaling? RopeScaling { get; init; }

    /// <summary>Whether rotary pairs are interleaved, as in DeepSeek's checkpoints; false if a pair spans the two halves.</summary>
    public bool RopeInterleave { get; init; } = true;

    /// <summary>Whether the output head shares the embedding's weight.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>
    /// Whether projections have biases: latent attention's down-projections and output, or grouped-query attention's queries, keys and
    /// values.
    /// </summary>
    public bool AttentionBias { get; init; }

    /// <summary>Width of a query or key head.</summary>
    public int QkHeadDim => GroupedQuery?.HeadDim ?? QkNopeHeadDim + QkRopeHeadDim;

    /// <summary>Width of the part of a query or key head that is rotated by position.</summary>
    public int RotaryWidth => GroupedQuery?.RotaryWidth ?? QkRopeHeadDim;

    /// <summary>Whether rotary pairs are interleaved; grouped-query attention pairs the two halves.</summary>
    public bool RotaryInterleaved => GroupedQuery is null && RopeInterleave;

    /// <summary>Width of a value head.</summary>
    public int ValueHeadDim => GroupedQuery?.HeadDim ?? VHeadDim;

    /// <summary>Values per token in a layer's cache: keys and values, or their compressed form and the rotary key.</summary>
    public int CacheWidth => GroupedQuery is { } shape ? 2 * shape.NumKeyValueHeads * shape.HeadDim : KvLoraRank + QkRopeHeadDim;

    /// <summary>Scale of q.k before the softmax; it includes YaRN's temperature for latent attention.</summary>
    public double SoftmaxScale => (GroupedQuery is null ? RopeScaling?.SoftmaxFactor ?? 1 : 1) / Math.Sqrt(QkHeadDim);

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

    /// <summary>Reads the keys, adding every mistake to the reader's problems.</summary>
    public static DecoderConfig Read(ConfigReader reader)
    {
        var isGrouped = reader.Choice("model_type", ModelType, ModelType, GroupedQueryModelType) == GroupedQueryModelType;
        var published = isGrouped ? GlmAir : new DecoderConfig();
        var foreign = reader.HasProblems("model_type") ? [] : isGrouped ? LatentKeys : GroupedQueryKeys;
        foreach (var key in foreign.Where(reader.Has))
        {
            reader.Refuse(key, $"not a key of model_type {(isGrouped ? GroupedQueryModelType : ModelType)}; "
                + $"leave it out, or choose model_type {(isGrouped ? ModelType : GroupedQueryModelType)}");
        }
        reader.Choice("hidden_act", "silu", "silu");
        reader.Choice("scoring_func", "sigmoid", "sigmoid");
        reader.Choice("topk_method", "noaux_tc", "noaux_tc");
        var rotary = RotarySettings.Read(reader, published.RopeTheta, hasPartialFactor: isGrouped);
        var config = new DecoderConfig
        {
            VocabSize = reader.Int("vocab_size", published.VocabSize, 1, ModelLimits.Vocabulary),
            HiddenSize = reader.Int("hidden_size", published.HiddenSize, 1, ModelLimits.Width),
            IntermediateSize = reader.Int("intermediate_size", published.IntermediateSize, 1, ModelLimits.Width),
            MoeIntermediateSize = reader.Int("moe_intermediate_size", published.MoeIntermediateSize, 1, ModelLimits.Width),
            NumHiddenLayers = reader.Int("num_hidden_layers", published.NumHiddenLayers, 1, ModelLimits.Layers),
            NumNextnPredictLayers = reader.Int("num_nextn_predict_layers", published.NumNextnPredictLayers, 0,
                ModelLimits.PredictionLayers),
            NumAttentionHeads = reader.Int("num_attention_heads", published.NumAttentionHeads, 1, ModelLimits.Heads),
            NSharedExperts = Experts("n_shared_experts", published.NSharedExperts, ModelLimits.SharedExperts),
            NRoutedExperts = Experts("n_routed_experts", published.NRoutedExperts, ModelLimits.Experts),
            NumExpertsPerTok = reader.Int("num_experts_per_tok", published.NumExpertsPerTok, 1, ModelLimits.Experts),
            NGroup = reader.Int("n_group", published.NGroup, 1, ModelLimits.Experts),
            TopkGroup = reader.Int("topk_group", published.TopkGroup, 1, ModelLimits.Experts),
            RoutedScalingFactor = reader.Real("routed_scaling_factor", published.RoutedScalingFactor, 0),
            NormTopkProb = reader.Flag("norm_topk_prob", published.NormTopkProb),
            FirstKDenseReplace = reader.Int("first_k_dense_replace", published.FirstKDenseReplace),
            MaxPositionEmbeddings = reader.Int("max_position_embeddings", published.MaxPositionEmbeddings, 1, ModelLimits.Positions),
            InitializerRange = reader.Real("initializer_range", published.InitializerRange, 0),
            RmsNormEps = reader.Real("rms_norm_eps", published.RmsNormEps, 0),
            RopeTheta = rotary.Theta,
            RopeScaling = rotary.Scaling,
            TieWordEmbeddings = reader.Flag("tie_word_embeddings", published.TieWordEmbeddings),
            AttentionBias = reader.Flag("attention_bias", published.AttentionBias),
        };

        config = isGrouped
            ? config with
            {
                GroupedQuery = GroupedQueryShape.Read(reader, config.HiddenSize, config.NumAttentionHeads, rotary.PartialFactor)
            }
            : config with
            {
                MoeLayerFreq = reader.Int("moe_layer_freq", published.MoeLayerFreq, 1),
                QLoraRank = reader.OptionalInt("q_lora_rank", published.QLoraRank, 1, ModelLimits.Width),
                KvLoraRank = reader.Int("kv_lora_rank", published.KvLoraRank, 1, ModelLimits.Width),
                QkNopeHeadDim = reader.Int("qk_nope_head_dim", published.QkNopeHeadDim, 1, ModelLimits.HeadWidth),
                QkRopeHeadDim = reader.Int("qk_rope_head_dim", published.QkRopeHeadDim, 2, ModelLimits.HeadWidth),
                VHeadDim = reader.Int("v_head_dim", published.VHeadDim, 1, ModelLimits.HeadWidth),
                RopeInterleave = reader.Flag("rope_interleave", published.RopeInterleave),
            };

        config.Check(reader);
        return config;

        // DeepSeek's own configuration writes null for a network without routed or shared experts.
        int Experts(string key, int otherwise, int most) => !isGrouped && reader.IsNone(key) ? 0 : reader.Int(key, otherwise, 0, most);
    }

    // GLM-4.5-Air; Hugging Face uses its values as defaults of missing keys.
    private static DecoderConfig GlmAir => new()
    {
        VocabSize = 151552, HiddenSize = 4096, IntermediateSize = 10944, MoeIntermediateSize = 1408, NumHiddenLayers = 46,
        NumAttentionHeads = 96,
        NSharedExperts = 1, NRoutedExperts = 128, NumExpertsPerTok = 8, NGroup = 1, TopkGroup = 1, RoutedScalingFactor = 1,
        FirstKDenseReplace = 1,
        MaxPositionEmbeddings = 131072, InitializerRange = 0.02, RmsNormEps = 1e-5,
    };

    private void Check(ConfigReader reader)
    {
        if (GroupedQuery is null && QkRopeHeadDim % 2 != 0)
            reader.Refuse("qk_rope_head_dim", "allowed: an even number, because its dimensions are rotated in pairs");
        if (NRoutedExperts == 0) return;
        var layers = MoeLayers.Count();
        if ((long)layers * NRoutedExperts > ModelLimits.ExpertsInAll)
        {
            reader.Refuse("n_routed_experts",
                $"allowed: at most {ModelLimits.ExpertsInAll / layers} in each of {layers} layers, {ModelLimits.ExpertsInAll} in all");
        }

        if (NumExpertsPerTok > NRoutedExperts)
            reader.Refuse("num_experts_per_tok", $"allowed: at most n_routed_experts = {NRoutedExperts}");
        if (NRoutedExperts % NGroup != 0) reader.Refuse("n_group", $"allowed: a divisor of n_routed_experts = {NRoutedExperts}");
        else if (NGroup > 1 && NRoutedExperts / NGroup < 2)
            reader.Refuse("n_group", "allowed: groups of at least two experts, since a group's score is the sum of its two best");
        if (TopkGroup > NGroup) reader.Refuse("topk_group", $"allowed: at most n_group = {NGroup}");
        else if (NumExpertsPerTok > TopkGroup * (NRoutedExperts / NGroup))
            reader.Refuse("topk_group", $"allowed: enough groups to hold num_experts_per_tok = {NumExpertsPerTok} experts");
    }
}
