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
    private static readonly string[] Ignored =
    [
        "architectures", "auto_map", "_name_or_path", "_attn_implementation", "transformers_version", "torch_dtype", "dtype",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "use_cache",
        "output_attentions", "output_hidden_states", "return_dict",
        "ep_size", "pretraining_tp", "quantization_config", "qk_head_dim",
        "aux_loss_alpha", "seq_aux", "chunk_size_feed_forward", "is_encoder_decoder",
        "id2label", "label2id", "problem_type", "task_specific_params",
    ];

    /// <summary>Reads the keys of a file, without those that are ignored in files of its family.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="families">The known families; null for <see cref="ModelFamilies.Default"/>.</param>
    /// <exception cref="DocumentException">
    /// The file is not a JSON object, or exceeds the limits of <see cref="DocumentLimits"/>.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or the user has no permission to read the file.</exception>
    public static JsonObject Keys(string path, ModelFamilies? families = null)
    {
        var keys = JsonText.Load(path, DocumentLimits.ModelConfig) as JsonObject
            ?? throw new DocumentException("allowed: a config.json, which holds one JSON object");
        families ??= ModelFamilies.Default;
        var family = families.Find(keys[ModelFamily.TypeKey]?.ToString()) ?? families.All[0];
        foreach (var key in Ignored.Concat(family.IgnoredKeys)) keys.Remove(key);
        return keys;
    }

    /// <summary>Reads the network of a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="families">The known families; null for <see cref="ModelFamilies.Default"/>.</param>
    /// <exception cref="ConfigException">A key is unknown or has an invalid value; the exception lists all such keys.</exception>
    public static DecoderConfig Load(string path, ModelFamilies? families = null)
    {
        var problems = new List<ConfigProblem>();
        try
        {
            var config = (families ?? ModelFamilies.Default).ReadWhole(new ConfigReader(Keys(path, families), "", problems));
            if (problems.Count == 0) return config;
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem("config.json", null, error.Message));
        }

        throw new ConfigException(path, problems);
    }
}
