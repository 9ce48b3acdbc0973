using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Data.Preparation;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>data</c> of a job: the training text, the held-out text and the tokenizer.</summary>
public sealed record DataSection
{
    /// <summary>The value of <c>corpus</c> that selects the corpus included in the build.</summary>
    public const string DefaultCorpus = "default";

    /// <summary>Files and folders of text or JSONL, or the single value <see cref="DefaultCorpus"/>.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [DefaultCorpus];

    /// <summary>Files and folders of the held-out text; if empty, a part of the corpus is held out.</summary>
    public IReadOnlyList<string> Evaluation { get; init; } = [];

    /// <summary>Part of the corpus to hold out if <see cref="Evaluation"/> is empty, 0 to 0.5.</summary>
    public double EvaluationFraction { get; init; } = 0.02;

    /// <summary>Path of a <c>tokenizer.json</c>; null trains a tokenizer on the corpus.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Vocabulary size of a tokenizer trained for the job: the 256 bytes, the special tokens and the merges.</summary>
    public int Vocabulary { get; init; } = 4096;

    /// <summary>Tokens S of one training sequence.</summary>
    public int SequenceLength { get; init; } = 256;

    /// <summary>Whether positions restart at each document, and attention and loss do not cross documents.</summary>
    public bool DocumentBoundaries { get; init; }

    /// <summary>Folder for prepared data; null uses a folder under the user's cache directory.</summary>
    public string? Cache { get; init; }

    /// <summary>Returns the options for preparing this text.</summary>
    public DataOptions ToOptions() => new()
    {
        Corpus = Corpus,
        Evaluation = Evaluation,
        EvaluationFraction = EvaluationFraction,
        TokenizerPath = Tokenizer,
        VocabularySize = Vocabulary,
        CacheDirectory = Cache,
    };

    internal static DataSection Read(ConfigReader reader)
    {
        var defaults = new DataSection();
        var section = new DataSection
        {
            Corpus = reader.Texts("corpus", defaults.Corpus),
            Evaluation = reader.IsNone("evaluation") ? [] : reader.Texts("evaluation", defaults.Evaluation),
            EvaluationFraction = reader.Real("evaluation_fraction", defaults.EvaluationFraction, 0, 0.5),
            Tokenizer = reader.OptionalText("tokenizer"),
            // 256 bytes, the end-of-text token and a few merges.
            Vocabulary = reader.Int("vocabulary", defaults.Vocabulary, 260, 1 << 20),
            SequenceLength = reader.Int("sequence_length", defaults.SequenceLength, 2, 1 << 20),
            DocumentBoundaries = reader.Flag("document_boundaries", defaults.DocumentBoundaries),
            Cache = reader.OptionalText("cache"),
        };
        if (section.Cache?.Length == 0) reader.Refuse("cache", "allowed: a folder; or leave it out");
        if (section.Corpus.Count == 0) reader.Refuse("corpus", $"allowed: {DefaultCorpus}, or at least one path");
        if (section.Corpus.Count > 1 && section.Corpus.Contains(DefaultCorpus))
            reader.Refuse("corpus", $"allowed: {DefaultCorpus} alone, or paths");
        reader.RefuseUnknown();
        return section;
    }

    internal JsonObject Write()
    {
        var json = new JsonObject
        {
            ["corpus"] = List(Corpus),
            ["evaluation_fraction"] = EvaluationFraction,
            ["vocabulary"] = Vocabulary,
            ["sequence_length"] = SequenceLength,
            ["document_boundaries"] = DocumentBoundaries,
        };
        if (Evaluation.Count > 0) json["evaluation"] = List(Evaluation);
        if (Tokenizer is not null) json["tokenizer"] = Tokenizer;
        if (Cache is not null) json["cache"] = Cache;
        return json;
    }

    private static JsonArray List(IReadOnlyList<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
