using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using Distributed.Models.DeepSeekV3;
using Distributed.Tensors.Files;

namespace Distributed.Training.Jobs;

/// <summary>
/// Section <c>model</c> of a job: the keys of a Hugging Face <c>config.json</c>, over those of a whole such file that
/// <c>config</c> names.
/// </summary>
internal static class ModelSection
{
    // Keys of published files that say nothing about the network's mathematics, or repeat what other keys say.
    private static readonly string[] Foreign =
    [
        "architectures", "auto_map", "_name_or_path", "_attn_implementation", "transformers_version", "torch_dtype", "dtype",
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "use_cache", "output_attentions", "output_hidden_states", "return_dict",
        "ep_size", "pretraining_tp", "quantization_config", "qk_head_dim",
        "aux_loss_alpha", "seq_aux", "chunk_size_feed_forward", "is_encoder_decoder", "id2label", "label2id", "problem_type", "task_specific_params",
    ];

    // What latent attention's files say of heads as a courtesy to readers that know grouped-query attention only.
    private static readonly string[] ForeignToLatent = ["num_key_value_heads", "head_dim"];

    /// <summary>The section with the file named by <c>config</c> below it; the section's own keys win.</summary>
    public static JsonObject? Merge(JsonNode? section, List<ConfigProblem> problems)
    {
        if (section is not JsonObject keys) return null; // the reader says what is wrong with it
        if (keys["config"] is not { } named) return keys;
        var path = named is JsonValue ? named.ToString() : "";
        if (path.Length == 0) problems.Add(new ConfigProblem("model.config", named.ToJsonString(), "allowed: the path of a config.json"));
        var merged = path.Length == 0 ? [] : ReadBase(path, problems);
        foreach (var (key, value) in keys)
            if (key != "config") merged[key] = value?.DeepClone();
        return merged;
    }

    public static DeepSeekV3Config Read(ConfigReader reader, JsonObject? section)
    {
        var config = DeepSeekV3Config.Read(reader);
        if (section is null || !section.ContainsKey("model_type"))
            reader.Refuse("model_type", $"missing; allowed: {DeepSeekV3Config.ModelType}, {DeepSeekV3Config.GroupedQueryModelType}");
        reader.Real("attention_dropout", 0, 0, 0);
        reader.RefuseUnknown();
        return config;
    }

    private static JsonObject ReadBase(string path, List<ConfigProblem> problems)
    {
        try
        {
            FileStatus.RefuseSpecial(path);
            var file = JsonNode.Parse(File.ReadAllText(path), documentOptions: ConfigReader.Strict);
            if (file is JsonObject keys)
            {
                var isGrouped = keys["model_type"]?.ToString() == DeepSeekV3Config.GroupedQueryModelType;
                foreach (var key in isGrouped ? Foreign : Foreign.Concat(ForeignToLatent)) keys.Remove(key);
                return keys;
            }

            problems.Add(new ConfigProblem("model.config", path, "allowed: a config.json, which holds one JSON object"));
        }
        catch (JsonException error)
        {
            problems.Add(new ConfigProblem("model.config", path, $"not JSON: {error.Message}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem("model.config", path, $"cannot be read: {error.Message}"));
        }

        return [];
    }
}
