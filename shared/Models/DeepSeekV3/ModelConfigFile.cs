using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Configuration;

namespace Distributed.Models.DeepSeekV3;

/// <summary>
/// A Hugging Face <c>config.json</c>. It is read the same alone and as the base of a job's model: keys that say nothing about the network's
/// mathematics are passed over, every other key must be known.
/// </summary>
public static class ModelConfigFile
{
    // Keys of published files that say nothing about the network's mathematics, or repeat what other keys say.
    private static readonly string[] Foreign =
    [
        "architectures", "auto_map", "_name_or_path", "_attn_implementation", "transformers_version", "torch_dtype", "dtype",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "use_cache",
        "output_attentions", "output_hidden_states", "return_dict",
        "ep_size", "pretraining_tp", "quantization_config", "qk_head_dim",
        "aux_loss_alpha", "seq_aux", "chunk_size_feed_forward", "is_encoder_decoder",
        "id2label", "label2id", "problem_type", "task_specific_params",
    ];

    // What latent attention's files say of heads as a courtesy to readers that know grouped-query attention only.
    private static readonly string[] ForeignToLatent = ["num_key_value_heads", "head_dim"];

    /// <summary>The keys of a file, without those that are passed over.</summary>
    /// <exception cref="DocumentException">The file is not a JSON object, or exceeds its bounds.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is a folder, or this user may not read it.</exception>
    public static JsonObject Keys(string path)
    {
        var keys = JsonText.Load(path, DocumentLimits.ModelConfig) as JsonObject
            ?? throw new DocumentException("allowed: a config.json, which holds one JSON object");
        var isGrouped = keys["model_type"]?.ToString() == DeepSeekV3Config.GroupedQueryModelType;
        foreach (var key in isGrouped ? Foreign : Foreign.Concat(ForeignToLatent)) keys.Remove(key);
        return keys;
    }

    /// <summary>The network of a file.</summary>
    /// <exception cref="ConfigException">A key is unknown or has a value that this network cannot have; all are listed.</exception>
    public static DeepSeekV3Config Load(string path)
    {
        var problems = new List<ConfigProblem>();
        var config = new DeepSeekV3Config();
        try
        {
            config = ReadWhole(new ConfigReader(Keys(path), "", problems));
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem("config.json", null, error.Message));
        }

        return problems.Count == 0 ? config : throw new ConfigException(path, problems);
    }

    /// <summary>Reads a configuration that is complete: its model type is said, and every key is known.</summary>
    public static DeepSeekV3Config ReadWhole(ConfigReader reader)
    {
        var config = DeepSeekV3Config.Read(reader);
        if (!reader.IsGiven("model_type"))
            reader.Refuse("model_type", $"missing; allowed: {DeepSeekV3Config.ModelType}, {DeepSeekV3Config.GroupedQueryModelType}");
        reader.Real("attention_dropout", 0, 0, 0);
        reader.RefuseUnknown();
        return config;
    }
}
