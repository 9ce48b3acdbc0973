using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using YamlDotNet.Core;

namespace Distributed.Training.Jobs;

/// <summary>Values given on the command line, as <c>section.key=value</c>, over those of a job file.</summary>
internal static class JobOverrides
{
    /// <summary>Writes every override into <paramref name="job"/>; what is no override becomes a problem.</summary>
    /// <param name="job">The job's keys, changed in place.</param>
    /// <param name="overrides">Dotted key, <c>=</c>, a YAML scalar or list; the last one for a key wins.</param>
    /// <param name="problems">Where mistakes go.</param>
    public static void Apply(JsonObject job, IEnumerable<string> overrides, List<ConfigProblem> problems)
    {
        foreach (var text in overrides)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var keys = equals < 0 ? [] : text[..equals].Trim().Split('.');
            if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
            {
                problems.Add(new ConfigProblem("--set", text, "allowed: key=value, such as training.steps=100"));
                continue;
            }

            try
            {
                var value = YamlText.Parse(text[(equals + 1)..]).Root;
                if (Section(job, keys[..^1]) is { } section) section[keys[^1]] = value;
                else problems.Add(new ConfigProblem("--set", text, $"{string.Join('.', keys[..^1])} is a value, not a section"));
            }
            catch (YamlException error)
            {
                problems.Add(new ConfigProblem("--set", text, $"the value is not YAML: {error.InnerException?.Message ?? error.Message}"));
            }
        }
    }

    private static JsonObject? Section(JsonObject job, ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            if (job[key] is null) job[key] = new JsonObject();
            if (job[key] is not JsonObject section) return null;
            job = section;
        }

        return job;
    }
}
