using System.Text.Json.Nodes;
using Distributed.Data.Preparation;
using Distributed.Models.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>The text to learn from: section <c>data</c> of a job.</summary>
public sealed record DataSection
{
    /// <summary>The word that stands for the corpus which the build brings along.</summary>
    public const string DefaultCorpus = "default";

    /// <summary>Files and folders of text or JSONL, or the one word <see cref="DefaultCorpus"/>.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [DefaultCorpus];

    /// <summary>Files and folders to evaluate on; empty holds out a part of the corpus.</summary>
    public IReadOnlyList<string> Evaluation { get; init; } = [];

    /// <summary>Part of the corpus held out where <see cref="Evaluation"/> is empty, from 0 to 0.5.</summary>
    public double EvaluationFraction { get; init; } = 0.02;

    /// <summary>A <c>tokenizer.json</c>; null trains one on the corpus.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Tokens of a tokenizer trained here: the 256 bytes, the special tokens and the merges.</summary>
    public int Vocabulary { get; init; } = 4096;

    /// <summary>Tokens S of one training sequence.</summary>
    public int SequenceLength { get; init; } = 256;

    /// <summary>Whether positions restart, and attention and loss stay, within a document.</summary>
    public bool DocumentBoundaries { get; init; }

    /// <summary>Folder of prepared data; null is a folder under the user's cache directory.</summary>
    public string? Cache { get; init; }

    /// <summary>What preparing this text needs to know.</summary>
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
            // 256 bytes, an end of document, and at least something merged.
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
