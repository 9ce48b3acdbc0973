using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Models.Families;

/// <summary>
/// Reads a Hugging Face <c>config.json</c>, alone or as the base of a job's model. Keys that do not affect the network's mathematics
/// are ignored; every other key must be known.
/// </summary>
public static class ModelConfigFile
{
    // Keys of published files that do not affect the network's mathematics, or that repeat other keys.
    private static readonly string[] Foreign =
    [
        "architectures", "auto_map", "_name_or_path", "_attn_implementation", "transformers_version", "torch_dtype", "dtype",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "use_cache",
        "output_attentions", "output_hidden_states", "return_dict",
        "ep_size", "pretraining_tp", "quantization_config", "qk_head_dim",
        "aux_loss_alpha", "seq_aux", "chunk_size_feed_forward", "is_encoder_decoder",
        "id2label", "label2id", "problem_type", "task_specific_params",
    ];

    // Keys that files of latent attention contain for readers that support only grouped-query attention.
    private static readonly string[] ForeignToLatent = ["num_key_value_heads", "head_dim"];

    /// <summary>Reads the keys of a file, without the ignored ones.</summary>
    /// <exception cref="DocumentException">
    /// The file is not a JSON object, or exceeds the limits of <see cref="DocumentLimits"/>.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or the user has no permission to read the file.</exception>
    public static JsonObject Keys(string path)
    {
        var keys = JsonText.Load(path, DocumentLimits.ModelConfig) as JsonObject
            ?? throw new DocumentException("allowed: a config.json, which holds one JSON object");
        var isGrouped = keys["model_type"]?.ToString() == DecoderConfig.GroupedQueryModelType;
        foreach (var key in isGrouped ? Foreign : Foreign.Concat(ForeignToLatent)) keys.Remove(key);
        return keys;
    }

    /// <summary>Reads the network shape of a file.</summary>
    /// <exception cref="ConfigException">A key is unknown or has an invalid value; the exception lists all such keys.</exception>
    public static DecoderConfig Load(string path)
    {
        var problems = new List<ConfigProblem>();
        var config = new DecoderConfig();
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

    /// <summary>Reads a complete configuration: <c>model_type</c> must be present, and every key must be known.</summary>
    public static DecoderConfig ReadWhole(ConfigReader reader)
    {
        var config = DecoderConfig.Read(reader);
        if (!reader.IsGiven("model_type"))
            reader.Refuse("model_type", $"missing; allowed: {DecoderConfig.ModelType}, {DecoderConfig.GroupedQueryModelType}");
        reader.Real("attention_dropout", 0, 0, 0);
        reader.RefuseUnknown();
        return config;
    }
}
