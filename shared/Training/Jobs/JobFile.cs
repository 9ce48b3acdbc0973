using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>A job as a user writes it: a YAML (or JSON) file and overrides.</summary>
public static class JobFile
{
    private const int ListedOverrides = 8;

    /// <summary>
    /// Reads and checks a job before anything starts:
    /// (1) the file, (2) the overrides over it, (3) every key, (4) keys against each other, (5) that its paths exist,
    /// (6) keys without effect.
    /// </summary>
    /// <param name="path">The job file. Paths inside it are relative to the current directory.</param>
    /// <param name="overrides"><c>section.key=value</c>, in order.</param>
    /// <exception cref="ConfigException">Anything is wrong; every mistake is listed, with its line where it has one.</exception>
    public static JobReading Read(string path, params IReadOnlyList<string> overrides)
    {
        string text;
        try
        {
            text = DocumentFile.Text(path, DocumentLimits.Job.Bytes);
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigException(path, [new ConfigProblem("job file", null, $"cannot be read: {(Directory.Exists(path) ? "it is a folder; name a file of YAML or JSON" : error.Message)}")]);
        }

        return ReadText(text, path, overrides);
    }

    /// <summary>As <see cref="Read"/>, from text.</summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static JobReading ReadText(string text, string source, params IReadOnlyList<string> overrides)
    {
        YamlText yaml;
        try
        {
            yaml = YamlText.Parse(text, DocumentLimits.Job);
        }
        catch (DocumentException error)
        {
            var place = error.Line is { } line ? $"line {line}" : "job file";
            throw new ConfigException(source, [new ConfigProblem(place, null, error.Message)]);
        }

        if (yaml.Root is not (JsonObject or null))
            throw new ConfigException(source, [new ConfigProblem("job file", Beginning(text), "allowed: sections such as model, data and training")]);
        return Check((JsonObject?)yaml.Root ?? [], source, overrides, yaml.LineOf, isNew: true);
    }

    /// <summary>
    /// As <see cref="Read"/>, from a job that was read before, such as the one that a checkpoint keeps. Only overrides count as set by the user.
    /// </summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static JobReading ReadOverridden(TrainingJob job, string source, params IReadOnlyList<string> overrides) =>
        Check(job.ToJson(), source, overrides, _ => null, isNew: false);

    /// <summary>The job of <see cref="Read"/>.</summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static TrainingJob Load(string path, params IReadOnlyList<string> overrides) => Read(path, overrides).Job;

    /// <summary>The job of <see cref="ReadText"/>.</summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static TrainingJob Parse(string text, string source, params IReadOnlyList<string> overrides) =>
        ReadText(text, source, overrides).Job;

    private static string Beginning(string text)
    {
        const int Shown = 40;
        var line = text.TrimStart().Split('\n')[0].TrimEnd();
        return line.Length <= Shown ? $"\"{line}\"" : $"\"{line[..Shown]}...\"";
    }

    private static JobReading Check(JsonObject keys, string source, IReadOnlyList<string> overrides, Func<string, long?> lineOf, bool isNew)
    {
        var problems = new List<ConfigProblem>();
        var written = overrides.Count == 0 ? null : (JsonObject)keys.DeepClone();
        JobOverrides.Apply(keys, overrides, problems);
        var job = Checked(keys, problems, isNew);
        var overridden = overrides.Select(JobOverrides.KeyOf).ToHashSet();
        if (problems.Count == 0) return new JobReading(job, JobWarnings.Of(job, isNew ? GivenKeys(keys) : overridden));
        if (written is null) throw new ConfigException(source, [.. problems.Select(InFile)]);

        // What is wrong without the overrides too is the file's own; all else came with them.
        var own = new List<ConfigProblem>();
        Checked(written, own, isNew);
        var attributed = problems.Select(problem => Attribute(problem, overridden, own.Contains(problem), overrides)).ToArray();
        throw new ConfigException(
            Array.Exists(attributed, each => each.IsOwn) ? source : JobOverrides.Option,
            [.. attributed.Select(each => each.IsOwn ? InFile(each.Problem) : each.Problem)]);

        ConfigProblem InFile(ConfigProblem problem) =>
            lineOf(problem.Key) is { } line ? problem with { Allowed = $"{problem.Allowed} (line {line})" } : problem;
    }

    // Whose mistake it is: the file's own, or that of an override, whose key it has or with which it came.
    private static (ConfigProblem Problem, bool IsOwn) Attribute(
        ConfigProblem problem, HashSet<string> overridden, bool isOwn, IReadOnlyList<string> overrides)
    {
        if (problem.Key == JobOverrides.Option) return (problem, false);
        if (overridden.Any(key => problem.Key == key || problem.Key.StartsWith(key + '.', StringComparison.Ordinal)))
            return (problem with { Option = JobOverrides.Option }, false);
        if (isOwn) return (problem, true);
        var listed = string.Concat(overrides.Take(ListedOverrides).Select(text => $" {JobOverrides.Option} {text}"));
        return (problem with { Allowed = $"{problem.Allowed}; the mistake comes with{listed}" }, false);
    }

    private static TrainingJob Checked(JsonObject keys, List<ConfigProblem> problems, bool isNew)
    {
        var job = TrainingJob.Read(keys, problems);
        CheckPaths(job, problems);
        if (isNew) CheckVocabulary(job, problems);
        return job;
    }

    private static HashSet<string> GivenKeys(JsonObject job) =>
        [.. job.SelectMany(each => each.Value is JsonObject section
            ? section.Where(key => key.Value is not null).Select(key => $"{each.Key}.{key.Key}")
            : [each.Key])];

    // Only for a job that has not met its tokenizer yet: one trained on little text may come out smaller than asked for.
    private static void CheckVocabulary(TrainingJob job, List<ConfigProblem> problems)
    {
        if (job.VocabularyFromTokenizer || job.Data.Tokenizer is not null || job.Model.VocabSize >= job.Data.Vocabulary) return;
        problems.Add(new ConfigProblem("model.vocab_size", job.Model.VocabSize.ToString(CultureInfo.InvariantCulture),
            $"allowed: at least data.vocabulary = {job.Data.Vocabulary}, the tokenizer trained for it; or leave it out"));
    }

    private static void CheckPaths(TrainingJob job, List<ConfigProblem> problems)
    {
        foreach (var (key, paths) in new[] { ("data.corpus", job.Data.Corpus), ("data.evaluation", job.Data.Evaluation) })
        {
            foreach (var path in paths)
            {
                if (path == DataSection.DefaultCorpus && key == "data.corpus") continue;
                if (!File.Exists(path) && !Directory.Exists(path)) problems.Add(new ConfigProblem(key, path, "no such file or folder"));
            }
        }

        foreach (var (key, path) in new[] { ("data.cache", job.Data.Cache), ("checkpoint.directory", job.Checkpoint.Directory) })
        {
            if (path is { Length: > 0 } && PathLimits.Problem(path) is { } problem) problems.Add(new ConfigProblem(key, path, problem));
        }

        if (job.Data.Tokenizer is { } tokenizer && !File.Exists(tokenizer))
            problems.Add(new ConfigProblem("data.tokenizer", tokenizer, "no such file; allowed: a Hugging Face tokenizer.json"));
    }
}
