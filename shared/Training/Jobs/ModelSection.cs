using Distributed.Models.Families;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>
/// Section <c>model</c> of a job: the keys of a Hugging Face <c>config.json</c>. The key <c>config</c> names a file with further keys.
/// </summary>
internal static class ModelSection
{
    private const string Config = "config";

    /// <summary>Merges the section with the file that <c>config</c> names; keys of the section take precedence.</summary>
    /// <param name="section">The section; null if the job has none.</param>
    /// <param name="problems">Receives the mistakes.</param>
    /// <returns>The merged keys; null if the section is not an object.</returns>
    public static JsonObject? Merge(JsonNode? section, List<ConfigProblem> problems)
    {
        if (section is not JsonObject keys) return null; // the reader reports the mistake
        if (!keys.ContainsKey(Config)) return keys;
        var path = keys[Config] is JsonValue named ? named.ToString() : "";
        if (path.Length == 0)
        {
            var value = keys[Config]?.ToJsonString() ?? "null";
            problems.Add(new ConfigProblem("model.config", value, "allowed: the path of a config.json; or leave it out"));
        }

        var merged = path.Length == 0 ? [] : ReadBase(path, problems);
        foreach (var (key, value) in keys)
            if (key != Config) merged[key] = value?.DeepClone();
        return merged;
    }

    private static JsonObject ReadBase(string path, List<ConfigProblem> problems)
    {
        try
        {
            return ModelConfigFile.Keys(path);
        }
        catch (DocumentException error)
        {
            problems.Add(new ConfigProblem("model.config", path, error.Message));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem("model.config", path, $"cannot be read: {error.Message}"));
        }

        return [];
    }
}
