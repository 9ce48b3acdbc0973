using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Data.Examples.Lengths;
using Distributed.Data.Examples.Records;
using Distributed.Data.Preparation;

namespace Distributed.Training.Jobs;

/// <summary>Section <c>data</c> of a job: the training text, the held-out text and the tokenizer.</summary>
public sealed record DataSection
{
    /// <summary>The value of <c>corpus</c> that selects the corpus included in the build.</summary>
    public const string DefaultCorpus = "default";

    private static readonly WordMap<ExampleKind> Formats = new(("chats", ExampleKind.Chats), ("completions", ExampleKind.Completions));
    private static readonly WordMap<TooLongPolicy> TooLongWords = new(
        ("skip", TooLongPolicy.Skip), ("truncate", TooLongPolicy.Truncate));

    private const int MinVocabulary = 260; // 256 bytes, the end-of-text token and a few merges

    /// <summary>Files and folders of text or JSONL; or the single word <c>default</c>, the .NET API documentation.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [DefaultCorpus];

    /// <summary>JSONL files and folders of examples, for every objective but pre-training.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Form of the examples: <c>chats</c> or <c>completions</c>. Objectives on pairs always read preferences.</summary>
    public ExampleKind Format { get; init; } = ExampleKind.Chats;

    /// <summary>What becomes of an example that is longer than a sequence.</summary>
    public TooLongPolicy TooLong { get; init; }

    /// <summary>Whether only the last assistant turn of a chat is learnt; every assistant turn otherwise.</summary>
    public bool LastTurnOnly { get; init; }

    /// <summary>Whether several examples share a sequence; neither attention nor positions cross from one to another.</summary>
    public bool Packing { get; init; } = true;

    /// <summary>
    /// Files and folders of the held-out text or examples; null: a part of the corpus is held out, or no examples.
    /// </summary>
    public IReadOnlyList<string> Evaluation { get; init; } = [];

    /// <summary>Part of the corpus to hold out if <c>evaluation</c> is not given.</summary>
    public double EvaluationFraction { get; init; } = 0.02;

    /// <summary>Path of a <c>tokenizer.json</c>, or of a folder with one; null trains a tokenizer on the corpus.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Vocabulary size of a tokenizer trained for the job: the 256 bytes, the special tokens and the merges.</summary>
    public int Vocabulary { get; init; } = 4096;

    /// <summary>Tokens of one training sequence.</summary>
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

    internal static KeyTable<DataSection> Keys { get; } = new KeyTable<DataSection>(Check)
        .Texts("corpus", section => section.Corpus,
            "Files and folders of text or JSONL; or the single word `default`, the .NET API documentation.")
        .Texts("examples", section => section.Examples,
            "JSONL files and folders of examples, for every objective but pre-training.", omitsEmpty: true)
        .Choice("format", section => section.Format,
            "Form of the examples: `chats` or `completions`. Objectives on pairs always read preferences.", Formats)
        .Choice("too_long", section => section.TooLong, "What becomes of an example that is longer than a sequence.", TooLongWords)
        .Flag("last_turn_only", section => section.LastTurnOnly,
            "Whether only the last assistant turn of a chat is learnt; every assistant turn otherwise.")
        .Flag("packing", section => section.Packing,
            "Whether several examples share a sequence; neither attention nor positions cross from one to another.")
        .Texts("evaluation", section => section.Evaluation,
            "Files and folders of the held-out text or examples; null: a part of the corpus is held out, or no examples.",
            omitsEmpty: true)
        .Real("evaluation_fraction", section => section.EvaluationFraction,
            "Part of the corpus to hold out if `evaluation` is not given.", 0, 0.5)
        .OptionalText("tokenizer", section => section.Tokenizer,
            "Path of a `tokenizer.json`, or of a folder with one; null trains a tokenizer on the corpus.")
        .Integer("vocabulary", section => section.Vocabulary,
            "Vocabulary size of a tokenizer trained for the job: the 256 bytes, the special tokens and the merges.",
            MinVocabulary, 1 << 20)
        .Integer("sequence_length", section => section.SequenceLength, "Tokens of one training sequence.", 2, 1 << 20)
        .Flag("document_boundaries", section => section.DocumentBoundaries,
            "Whether positions restart at each document, and attention and loss do not cross documents.")
        .OptionalText("cache", section => section.Cache,
            "Folder for prepared data; null uses a folder under the user's cache directory.");

    private static void Check(DataSection section, ConfigReader reader)
    {
        if (section.Cache?.Length == 0) reader.Refuse("cache", "allowed: a folder; or leave it out");
        if (section.Corpus.Count == 0) reader.Refuse("corpus", $"allowed: {DefaultCorpus}, or at least one path");
        if (section.Corpus.Count > 1 && section.Corpus.Contains(DefaultCorpus))
            reader.Refuse("corpus", $"allowed: {DefaultCorpus} alone, or paths");
    }
}
