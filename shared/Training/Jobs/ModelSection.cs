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
    /// <param name="keys">The section.</param>
    /// <param name="job">Reader of the job; receives the mistakes.</param>
    public static JsonObject Merge(JsonObject keys, ConfigReader job)
    {
        if (!keys.ContainsKey(Config)) return keys;
        var path = keys[Config] is JsonValue named ? named.ToString() : "";
        if (path.Length == 0)
            job.Refuse("model.config", keys[Config]?.ToJsonString() ?? "null", "allowed: the path of a config.json; or leave it out");
        var merged = path.Length == 0 ? [] : ReadBase(path, job);
        foreach (var (key, value) in keys)
            if (key != Config) merged[key] = value?.DeepClone();
        return merged;
    }

    private static JsonObject ReadBase(string path, ConfigReader job)
    {
        try
        {
            return ModelConfigFile.Keys(path);
        }
        catch (DocumentException error)
        {
            job.Refuse("model.config", path, error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            job.Refuse("model.config", path, $"cannot be read: {error.Message}");
        }

        return [];
    }
}
