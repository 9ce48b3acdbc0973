using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Reads a job from a YAML or JSON file and overrides.</summary>
public static class JobFile
{
    private const int ListedOverrides = 8;

    /// <summary>
    /// Reads and checks a job before anything starts: (1) reads the file, (2) applies the overrides, (3) checks every key, (4) checks
    /// combinations of keys, (5) checks that paths exist, (6) finds keys without effect.
    /// </summary>
    /// <param name="path">Path of the job file. Paths in the file are relative to the current directory.</param>
    /// <param name="overrides">Overrides <c>section.key=value</c>, applied in order.</param>
    /// <exception cref="ConfigException">The job has mistakes; all are listed, with their lines if known.</exception>
    public static JobReading Read(string path, params IReadOnlyList<string> overrides)
    {
        string text;
        try
        {
            text = DocumentFile.Text(path, DocumentLimits.Job.Bytes);
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            var reason = Directory.Exists(path) ? "it is a folder; name a file of YAML or JSON" : error.Message;
            throw new ConfigException(path, [new ConfigProblem("job file", null, $"cannot be read: {reason}")]);
        }

        return ReadText(text, path, overrides);
    }

    /// <summary>Reads and checks a job from text; see <see cref="Read"/>.</summary>
    /// <param name="text">The YAML or JSON text.</param>
    /// <param name="source">Name of the text in messages.</param>
    /// <param name="overrides">Overrides <c>section.key=value</c>, applied in order.</param>
    /// <exception cref="ConfigException">The job has mistakes; all are listed.</exception>
    public static JobReading ReadText(string text, string source, params IReadOnlyList<string> overrides)
    {
        YamlText yaml;
        try
        {
            yaml = YamlText.Parse(text, DocumentLimits.Job);
        }
        catch (DocumentException error)
        {
            var location = error.Line is { } line ? $"line {line}" : "job file";
            throw new ConfigException(source, [new ConfigProblem(location, null, error.Message)]);
        }

        if (yaml.Root is not (JsonObject or null))
        {
            throw new ConfigException(
                source, [new ConfigProblem("job file", FirstLine(text), "allowed: sections such as model, data and training")]);
        }

        return Check((JsonObject?)yaml.Root ?? [], source, overrides, yaml.LineOf, isNew: true);
    }

    /// <summary>
    /// Applies overrides to a job that was read before, such as the job in a checkpoint, and checks the result; see <see cref="Read"/>.
    /// Only overrides count as set by the user.
    /// </summary>
    /// <exception cref="ConfigException">The job has mistakes; all are listed.</exception>
    public static JobReading ReadOverridden(TrainingJob job, string source, params IReadOnlyList<string> overrides) =>
        Check(job.ToJson(), source, overrides, _ => null, isNew: false);

    /// <summary>Returns the job of <see cref="Read"/> without its warnings.</summary>
    /// <exception cref="ConfigException">The job has mistakes; all are listed.</exception>
    public static TrainingJob Load(string path, params IReadOnlyList<string> overrides) => Read(path, overrides).Job;

    /// <summary>Returns the job of <see cref="ReadText"/> without its warnings.</summary>
    /// <exception cref="ConfigException">The job has mistakes; all are listed.</exception>
    public static TrainingJob Parse(string text, string source, params IReadOnlyList<string> overrides) =>
        ReadText(text, source, overrides).Job;

    private static string FirstLine(string text)
    {
        const int MaxLength = 40;
        var line = text.TrimStart().Split('\n')[0].TrimEnd();
        return line.Length <= MaxLength ? $"\"{line}\"" : $"\"{line[..MaxLength]}...\"";
    }

    private static JobReading Check(JsonObject keys, string source, IReadOnlyList<string> overrides, Func<string, long?> lineOf, bool isNew)
    {
        var problems = new List<ConfigProblem>();
        var written = overrides.Count == 0 ? null : (JsonObject)keys.DeepClone();
        JobOverrides.Apply(keys, overrides, problems);
        var job = ReadAndCheck(keys, problems, isNew);
        var overridden = overrides.Select(JobOverrides.KeyOf).ToHashSet();
        if (problems.Count == 0) return new JobReading(job, JobWarnings.Of(job, isNew ? GivenKeys(keys) : overridden));
        if (written is null) throw new ConfigException(source, [.. problems.Select(InFile)]);

        // Problems that also occur without the overrides are the file's; the overrides cause the others.
        var own = new List<ConfigProblem>();
        ReadAndCheck(written, own, isNew);
        var attributed = problems.Select(problem => Attribute(problem, overridden, own.Contains(problem), overrides)).ToArray();
        throw new ConfigException(
            Array.Exists(attributed, each => each.IsOwn) ? source : JobOverrides.Option,
            [.. attributed.Select(each => each.IsOwn ? InFile(each.Problem) : each.Problem)]);

        ConfigProblem InFile(ConfigProblem problem) =>
            lineOf(problem.Key) is { } line ? problem with { Allowed = $"{problem.Allowed} (line {line})" } : problem;
    }

    // Attributes a problem to an override if it has the override's key or occurs only with overrides, else to the file.
    private static (ConfigProblem Problem, bool IsOwn) Attribute(
        ConfigProblem problem, HashSet<string> overridden, bool isOwn, IReadOnlyList<string> overrides)
    {
        if (problem.Key == JobOverrides.Option) return (problem, false);
        if (overridden.Any(key => problem.Key == key || problem.Key.StartsWith(key + '.', StringComparison.Ordinal)))
            return (problem with { Option = JobOverrides.Option }, false);
        if (isOwn) return (problem, true);
        var listed = string.Concat(overrides.Take(ListedOverrides).Select(text => $" {JobOverrides.Option} {text}"));
        return (problem with { Allowed = $"{problem.Allowed}; caused by{listed}" }, false);
    }

    private static TrainingJob ReadAndCheck(JsonObject keys, List<ConfigProblem> problems, bool isNew)
    {
        var job = TrainingJob.Read(keys, problems);
        CheckPaths(job, problems, isNew);
        if (isNew) CheckVocabulary(job, problems);
        return job;
    }

    private static HashSet<string> GivenKeys(JsonObject job) =>
        [.. job.SelectMany(each => each.Value is JsonObject section
            ? section.Where(key => key.Value is not null).Select(key => $"{each.Key}.{key.Key}")
            : [each.Key])];

    // Only for a new job: a tokenizer trained on little text can have fewer tokens than data.vocabulary.
    private static void CheckVocabulary(TrainingJob job, List<ConfigProblem> problems)
    {
        if (job.VocabularyFromTokenizer || job.Data.Tokenizer is not null || job.Model.VocabSize >= job.Data.Vocabulary) return;
        problems.Add(new ConfigProblem("model.vocab_size", job.Model.VocabSize.ToString(CultureInfo.InvariantCulture),
            $"allowed: at least data.vocabulary = {job.Data.Vocabulary}, the tokenizer trained for it; or leave it out"));
    }

    private static void CheckPaths(TrainingJob job, List<ConfigProblem> problems, bool isNew)
    {
        IReadOnlyList<string> corpus = job.Objective.HasExamples ? [] : job.Data.Corpus;
        (string Key, IReadOnlyList<string?> Paths)[] read =
        [
            ("data.corpus", corpus), ("data.examples", job.Data.Examples), ("data.evaluation", job.Data.Evaluation),
            ("checkpoint.initial", isNew || job.IsInitialTheReference ? [job.Checkpoint.Initial] : []),
            ("objective.reference", [job.Objective.Reference]), ("objective.teacher", [job.Objective.Teacher]),
        ];
        foreach (var (key, paths) in read)
        {
            foreach (var path in paths)
            {
                if (path is null || (path == DataSection.DefaultCorpus && key == "data.corpus")) continue;
                if (!File.Exists(path) && !Directory.Exists(path)) problems.Add(new ConfigProblem(key, path, "no such file or folder"));
            }
        }

        foreach (var (key, path) in new[] { ("data.cache", job.Data.Cache), ("checkpoint.directory", job.Checkpoint.Directory) })
        {
            if (path is { Length: > 0 } && PathLimits.Problem(path) is { } problem) problems.Add(new ConfigProblem(key, path, problem));
        }

        if (job.Data.Tokenizer is { } tokenizer && !File.Exists(tokenizer) && !Directory.Exists(tokenizer))
        {
            problems.Add(new ConfigProblem(
                "data.tokenizer", tokenizer, "no such file or folder; allowed: a Hugging Face tokenizer.json, or a folder with one"));
        }
    }
}
