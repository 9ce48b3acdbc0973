using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using Distributed.Tensors.Files;
using YamlDotNet.Core;

namespace Distributed.Training.Jobs;

/// <summary>A job as a user writes it: a YAML (or JSON) file and overrides.</summary>
public static class JobFile
{
    /// <summary>
    /// Reads and checks a job before anything starts:
    /// (1) the file, (2) the overrides over it, (3) every key, (4) keys against each other, (5) that its paths exist.
    /// </summary>
    /// <param name="path">The job file. Paths inside it are relative to the current directory.</param>
    /// <param name="overrides"><c>section.key=value</c>, in order.</param>
    /// <exception cref="ConfigException">Anything is wrong; every mistake is listed, with its line where it has one.</exception>
    public static TrainingJob Load(string path, params IReadOnlyList<string> overrides)
    {
        string text;
        try
        {
            FileStatus.RefuseSpecial(path);
            text = File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DecoderFallbackException or ArgumentException)
        {
            throw new ConfigException(path, [new ConfigProblem("job file", null, $"cannot be read: {(Directory.Exists(path) ? "it is a folder; name a file of YAML or JSON" : error.Message)}")]);
        }

        return Parse(text, path, overrides);
    }

    /// <summary>As <see cref="Load"/>, from text.</summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static TrainingJob Parse(string text, string source, params IReadOnlyList<string> overrides)
    {
        YamlText yaml;
        try
        {
            yaml = YamlText.Parse(text);
        }
        catch (YamlException error)
        {
            throw new ConfigException(source, [new ConfigProblem($"line {error.Start.Line}", null, $"not YAML: {error.InnerException?.Message ?? error.Message}")]);
        }

        if (yaml.Root is not (JsonObject or null))
            throw new ConfigException(source, [new ConfigProblem("job file", Beginning(text), "allowed: sections such as model, data and training")]);
        return Check((JsonObject?)yaml.Root ?? [], source, overrides, yaml.LineOf, isNew: true);
    }

    /// <summary>As <see cref="Load"/>, from a job's JSON, such as the one that a checkpoint keeps.</summary>
    /// <exception cref="ConfigException">Anything is wrong.</exception>
    public static TrainingJob Override(TrainingJob job, string source, params IReadOnlyList<string> overrides) =>
        Check(job.ToJson(), source, overrides, _ => null, isNew: false);

    private static string Beginning(string text)
    {
        const int Shown = 40;
        var line = text.TrimStart().Split('\n')[0].TrimEnd();
        return line.Length <= Shown ? $"\"{line}\"" : $"\"{line[..Shown]}...\"";
    }

    private static TrainingJob Check(JsonObject keys, string source, IReadOnlyList<string> overrides, Func<string, long?> lineOf, bool isNew)
    {
        var problems = new List<ConfigProblem>();
        JobOverrides.Apply(keys, overrides, problems);
        var overridden = overrides.Select(text => text.Split('=')[0].Trim()).ToHashSet();
        var job = TrainingJob.Read(keys, problems);
        CheckPaths(job, problems);
        if (isNew) CheckVocabulary(job, problems);
        if (problems.Count == 0) return job;
        throw new ConfigException(source, [.. problems.Select(problem =>
            !overridden.Contains(problem.Key) && lineOf(problem.Key) is { } line
                ? problem with { Allowed = $"{problem.Allowed} (line {line})" }
                : problem)]);
    }

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

        if (job.Data.Tokenizer is { } tokenizer && !File.Exists(tokenizer))
            problems.Add(new ConfigProblem("data.tokenizer", tokenizer, "no such file; allowed: a Hugging Face tokenizer.json"));
    }
}
