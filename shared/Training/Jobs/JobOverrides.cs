using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Applies overrides <c>section.key=value</c> of the command line to the keys of a job.</summary>
internal static class JobOverrides
{
    /// <summary>Name of the command-line option, for messages.</summary>
    public const string Option = "--set";

    private const int MaxOverrides = 1000, MaxShownLength = 200;

    /// <summary>Writes every override into <paramref name="job"/> and reports malformed overrides.</summary>
    /// <param name="job">The job's keys, changed in place.</param>
    /// <param name="overrides">Each a dotted key, <c>=</c> and a YAML scalar or list. The last override of a key wins.</param>
    /// <param name="problems">Receives the mistakes.</param>
    public static void Apply(JsonObject job, IReadOnlyCollection<string> overrides, List<ConfigProblem> problems)
    {
        if (overrides.Count > MaxOverrides)
        {
            problems.Add(new ConfigProblem(
                Option, $"{overrides.Count} values", $"allowed: at most {MaxOverrides}; write the keys into a job file"));
            return;
        }

        foreach (var text in overrides)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var keys = equals < 0 ? [] : text[..equals].Trim().Split('.');
            if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
            {
                Refuse(text, "allowed: key=value, such as training.steps=100");
                continue;
            }

            if (keys.Length > DocumentLimits.Override.Levels)
            {
                Refuse(text, $"the key has more than {DocumentLimits.Override.Levels} levels");
                continue;
            }

            try
            {
                var value = YamlText.ParseValue(text[(equals + 1)..], DocumentLimits.Override).Root;
                if (Section(job, keys[..^1]) is { } section) section[keys[^1]] = value;
                else Refuse(text, $"{string.Join('.', keys[..^1])} is a value, not a section");
            }
            catch (DocumentException error)
            {
                Refuse(text, $"the value {(error.Line is null ? "" : "is ")}{error.Message}");
            }
        }

        void Refuse(string text, string allowed) =>
            problems.Add(new ConfigProblem(Option, text.Length > MaxShownLength ? text[..MaxShownLength] + "..." : text, allowed));
    }

    /// <summary>Returns the key of an override, or the whole text if it has no <c>=</c>.</summary>
    public static string KeyOf(string text) => text.Split('=', 2)[0].Trim();

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
