using Distributed.Configuration;
using Distributed.Configuration.Keys;

namespace Distributed.Models.Families;

/// <summary>
/// The keys that families of mixtures of experts share: a sigmoid router with a bias, shared experts, leading dense layers, multi-token
/// prediction. A family adds the keys of its attention.
/// </summary>
public static class SharedKeys
{
    /// <summary>Creates the table of the shared keys.</summary>
    /// <param name="check">Checks the family's own keys after all keys were read; the experts are checked after it.</param>
    /// <param name="expertsIfNull">Number of routed or shared experts that null stands for; null: a null value is a mistake.</param>
    public static KeyTable<DecoderConfig> Declare(Action<DecoderConfig, ConfigReader> check, int? expertsIfNull = null) =>
        new KeyTable<DecoderConfig>(check + CheckExperts)
            .With(Only("hidden_act", "silu", "Activation of the feed-forward networks."))
            .With(Only("scoring_func", "sigmoid", "Function that turns the router's logits into affinities."))
            .With(Only("topk_method", "noaux_tc", "Choice of experts: with a bias against unbalanced loads, and limited to groups."))
            .With(NoDropout)
            .Integer("vocab_size", config => config.VocabSize, "Number of tokens in the vocabulary.", 1, ModelLimits.Vocabulary)
            .Integer("hidden_size", config => config.HiddenSize, "Model width.", 1, ModelLimits.Width)
            .Integer("intermediate_size", config => config.IntermediateSize, "Inner width of layers without experts.", 1, ModelLimits.Width)
            .Integer("moe_intermediate_size", config => config.MoeIntermediateSize, "Inner width of one expert.", 1, ModelLimits.Width)
            .Integer("num_hidden_layers", config => config.NumHiddenLayers, "Number of decoder layers.", 1, ModelLimits.Layers)
            .Integer("num_nextn_predict_layers", config => config.NumNextnPredictLayers,
                "Number of multi-token prediction modules.", 0, ModelLimits.PredictionLayers)
            .Integer("num_attention_heads", config => config.Attention.NumAttentionHeads,
                "Number of attention heads.", 1, ModelLimits.Heads)
            .Integer("n_shared_experts", config => config.NSharedExperts,
                "Number of shared experts, which process every token.", 0, ModelLimits.SharedExperts, expertsIfNull)
            .Integer("n_routed_experts", config => config.NRoutedExperts,
                "Number of routed experts of a layer; 0 for a network without experts.", 0, ModelLimits.Experts, expertsIfNull)
            .Integer("num_experts_per_tok", config => config.NumExpertsPerTok,
                "Number of routed experts chosen for each token.", 1, ModelLimits.Experts)
            .Integer("n_group", config => config.NGroup, "Number of groups of experts, of equal size.", 1, ModelLimits.Experts)
            .Integer("topk_group", config => config.TopkGroup,
                "Number of groups that the experts of one token may come from.", 1, ModelLimits.Experts)
            .Real("routed_scaling_factor", config => config.RoutedScalingFactor, "Factor on the weights of routed experts.", 0)
            .Flag("norm_topk_prob", config => config.NormTopkProb, "Whether the chosen experts' scores are divided by their sum.")
            .Integer("first_k_dense_replace", config => config.FirstKDenseReplace, "Number of leading layers without experts.")
            .Integer("max_position_embeddings", config => config.MaxPositionEmbeddings,
                "Longest context, in tokens.", 1, ModelLimits.Positions)
            .Real("initializer_range", config => config.InitializerRange, "Standard deviation of initial weights.", 0)
            .Real("rms_norm_eps", config => config.RmsNormEps, "Epsilon that RMSNorm adds to the mean square.", 0)
            .RopeTheta()
            .Flag("tie_word_embeddings", config => config.TieWordEmbeddings, "Whether the output head shares the embedding's weight.")
            .Heads()
            .Flag("attention_bias", config => config.Attention.AttentionBias, "Whether projections of the attention have biases.");

    private static KeyTable<DecoderConfig> Heads(this KeyTable<DecoderConfig> table) =>
        table.Custom("heads", config => config.Heads, "What follows the trunk: the output head, a score, or both.",
            AllowedText.Words(HeadWords.Words), (reader, fallback) => HeadWords.Read(reader, "heads", fallback),
            heads => HeadWords.Write(heads), heads => heads == DecoderHeads.LanguageModel);

    private static readonly WordMap<DecoderHeads> HeadWords = new(("language_model", DecoderHeads.LanguageModel),
        ("score", DecoderHeads.Score), ("language_model_and_score", DecoderHeads.LanguageModelAndScore));

    // A key of published files with one supported value. It is not written.
    private static Key<DecoderConfig> Only(string name, string word, string meaning) => new()
    {
        Name = name,
        Allowed = $"one of {word}",
        Meaning = meaning,
        Read = (reader, config) =>
        {
            reader.Choice(name, word, word);
            return config;
        },
        Write = _ => word,
        IsOmitted = _ => true,
    };

    private static Key<DecoderConfig> NoDropout => new()
    {
        Name = "attention_dropout",
        Allowed = new NumberRange(0, 0).ToString(),
        Meaning = "Dropout of attention weights, which is not supported.",
        Read = (reader, config) =>
        {
            reader.Real("attention_dropout", 0, 0, 0);
            return config;
        },
        Write = _ => 0,
        IsOmitted = _ => true,
    };

    private static void CheckExperts(DecoderConfig config, ConfigReader reader)
    {
        if (config is { Heads: DecoderHeads.Score, NumNextnPredictLayers: > 0 })
            reader.Refuse("num_nextn_predict_layers", "allowed with heads: score: 0, since the modules share the output head");
        if (config.NRoutedExperts == 0) return;
        var (experts, groups, chosen, layers) = (config.NRoutedExperts, config.NGroup, config.NumExpertsPerTok, config.MoeLayers.Count());
        if ((long)layers * experts > ModelLimits.ExpertsInAll)
        {
            reader.Refuse("n_routed_experts",
                $"allowed: at most {ModelLimits.ExpertsInAll / layers} in each of {layers} layers, {ModelLimits.ExpertsInAll} in all");
        }

        if (chosen > experts) reader.Refuse("num_experts_per_tok", $"allowed: at most n_routed_experts = {experts}");
        if (experts % groups != 0) reader.Refuse("n_group", $"allowed: a divisor of n_routed_experts = {experts}");
        else if (groups > 1 && experts / groups < 2)
            reader.Refuse("n_group", "allowed: groups of at least two experts, since a group's score is the sum of its two best");
        if (config.TopkGroup > groups) reader.Refuse("topk_group", $"allowed: at most n_group = {groups}");
        else if (chosen > config.TopkGroup * (experts / groups))
            reader.Refuse("topk_group", $"allowed: enough groups to hold num_experts_per_tok = {chosen} experts");
    }
}
