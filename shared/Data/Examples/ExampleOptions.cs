using Distributed.Configuration;
using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Lengths;
using Distributed.Data.Preparation;

namespace Distributed.Data.Examples;

/// <summary>The examples that a model is trained on after its pre-training, and how they are encoded.</summary>
public sealed record ExampleOptions
{
    /// <summary>What each line must have.</summary>
    public required ExampleFormat Format { get; init; }

    /// <summary>Paths of JSON Lines files and of directories of them; at least one.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Path of a tokenizer.json, or of a directory with one.</summary>
    public required string TokenizerPath { get; init; }

    /// <summary>Largest number of tokens of an example, 2 to 2^24; of a pair, of both sides together.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>What becomes of longer examples.</summary>
    public TooLongPolicy TooLong { get; init; } = TooLongPolicy.Skip;

    /// <summary>Whether only the last assistant turn of a chat is learnt; every assistant turn otherwise.</summary>
    public bool LastTurnOnly { get; init; }

    /// <summary>Folder of the cache, with one folder per content; null is <see cref="DataOptions.DefaultCacheDirectory"/>.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>Finds all problems without reading any example; empty if there are none.</summary>
    public IReadOnlyList<ConfigProblem> Validate()
    {
        const int Longest = 1 << 24;
        var problems = new List<ConfigProblem>();
        if (Paths.Count == 0) problems.Add(Problem(nameof(Paths), "empty", "name at least one JSON Lines file or directory"));
        foreach (var path in Paths)
        {
            try
            {
                ExampleFiles.Open(path);
            }
            catch (DataException e)
            {
                problems.Add(Problem(nameof(Paths), $"'{path}'", e.Message));
            }
        }

        if (!File.Exists(TokenizerPath) && !Directory.Exists(TokenizerPath))
        {
            problems.Add(Problem(nameof(TokenizerPath), $"'{TokenizerPath}'",
                "it does not exist; name a tokenizer.json or a directory that holds one"));
        }

        if (SequenceLength is < 2 or > Longest)
            problems.Add(Problem(nameof(SequenceLength), $"{SequenceLength}", $"allowed: 2 to {Longest}"));
        return problems;
    }

    private static ConfigProblem Problem(string key, string value, string allowed) => new(key, value, allowed) { Separator = " is " };
}
