using Distributed.Configuration;
using Distributed.Data.Corpora;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Preparation;

/// <summary>The text that a model is trained and evaluated on, and its tokenizer.</summary>
public sealed record DataOptions
{
    /// <summary>
    /// "default" (the .NET API documentation), or paths of text files, JSON Lines files and directories of them; at least one.
    /// </summary>
    public IReadOnlyList<string> Corpus { get; init; } = [CorpusLocator.DefaultName];

    /// <summary>Corpora for evaluation only. If the list is empty, part of <see cref="Corpus"/> is held out.</summary>
    public IReadOnlyList<string> Evaluation { get; init; } = [];

    /// <summary>
    /// Fraction of the documents in <see cref="Corpus"/> that is held out, chosen by their hash; from 0 (none) to below 1. If there are too
    /// few documents, the end of the longest is held out. The default corpus holds out whole namespaces instead. With
    /// <see cref="Evaluation"/> the fraction has no effect.
    /// </summary>
    public double EvaluationFraction { get; init; } = 0.02;

    /// <summary>Path of a tokenizer.json, or of a directory with one; null trains a tokenizer on the text that is not held out.</summary>
    public string? TokenizerPath { get; init; }

    /// <summary>Number of tokens of a trained tokenizer, 257 (261 with role tokens) to 1048576.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Whether a trained tokenizer has the <see cref="RoleTokens"/> of chats, for a model that is post-trained on them.</summary>
    public bool HasRoleTokens { get; init; }

    /// <summary>Approximate limit of the bytes that a tokenizer is trained on, sampled evenly over the corpus. At least 1 MB.</summary>
    public long TokenizerTrainingBytes { get; init; } = 256_000_000;

    /// <summary>Folder of the cache, with one folder per content; null is <see cref="DefaultCacheDirectory"/>.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>The special tokens of a trained tokenizer.</summary>
    internal IReadOnlyList<string> SpecialTokens => HasRoleTokens ? RoleTokens.SpecialTokens : [BpeTokenizer.EndOfText];

    /// <summary>The user's cache folder.</summary>
    public static string DefaultCacheDirectory => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home
                ? Path.Combine(home, ".cache") : Path.GetTempPath(),
        "distributed",
        "data");

    /// <summary>Finds all problems without reading any text; empty if there are none. Their keys are the names of the properties.</summary>
    public IReadOnlyList<ConfigProblem> Validate()
    {
        var problems = new List<ConfigProblem>();
        if (Corpus.Count == 0)
        {
            problems.Add(Problem(nameof(Corpus), "empty", $"name '{CorpusLocator.DefaultName}' or at least one path"));
        }

        AddUnknownPaths(nameof(Corpus), Corpus, problems);
        AddUnknownPaths(nameof(Evaluation), Evaluation, problems);
        if (!(EvaluationFraction >= 0 && EvaluationFraction < 1))
        {
            problems.Add(
                Problem(nameof(EvaluationFraction), $"{EvaluationFraction}", "allowed: 0 (hold nothing out) to below 1, such as 0.02"));
        }

        var smallest = BpeTrainingOptions.SmallestVocabulary - 1 + SpecialTokens.Count;
        if (VocabularySize < smallest || VocabularySize > BpeTrainingOptions.LargestVocabulary)
        {
            problems.Add(Problem(
                nameof(VocabularySize),
                $"{VocabularySize}",
                $"allowed: {smallest} to {BpeTrainingOptions.LargestVocabulary}, such as 8192"));
        }

        if (TokenizerTrainingBytes < 1_000_000)
        {
            problems.Add(Problem(nameof(TokenizerTrainingBytes), $"{TokenizerTrainingBytes}", "allowed: at least 1000000"));
        }

        if (TokenizerPath is not null && !File.Exists(TokenizerPath) && !Directory.Exists(TokenizerPath))
        {
            problems.Add(Problem(
                nameof(TokenizerPath),
                $"'{TokenizerPath}'",
                "it does not exist; name a tokenizer.json or a directory that holds one, or leave the option out to train a tokenizer"));
        }

        return problems;
    }

    private static ConfigProblem Problem(string key, string value, string allowed) => new(key, value, allowed) { Separator = " is " };

    private static void AddUnknownPaths(string key, IReadOnlyList<string> paths, List<ConfigProblem> problems)
    {
        foreach (var path in paths)
        {
            try
            {
                CorpusLocator.Open(path);
            }
            catch (DataException e)
            {
                problems.Add(Problem(key, $"'{path}'", e.Message));
            }
        }
    }
}
