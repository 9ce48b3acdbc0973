using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Packing;

namespace Distributed.Data.Preparation;

/// <summary>What was prepared, in numbers; kept as summary.json. Its presence says that the folder is complete.</summary>
public sealed record DataSummary
{
    internal const string FileName = "summary.json";

    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Hash over the sources' content and all options that matter: what the folder is called by.</summary>
    public required string ContentId { get; init; }

    /// <summary>As in the options.</summary>
    public required IReadOnlyList<string> Corpus { get; init; }

    /// <summary>Bytes of the source files.</summary>
    public required long SourceBytes { get; init; }

    public required long TrainDocuments { get; init; }

    /// <summary>UTF-8 bytes of the training text.</summary>
    public required long TrainBytes { get; init; }

    public required long TrainTokens { get; init; }

    public required long EvaluationDocuments { get; init; }

    /// <summary>Whether the end of a training document is held out, because there are too few documents to hold out a whole one.</summary>
    public required bool HeldOutFromDocument { get; init; }

    /// <summary>UTF-8 bytes of the held-out text, which bits per byte are measured by.</summary>
    public required long EvaluationBytes { get; init; }

    /// <summary>The same text (evaluation.txt) as gzip makes it at its best level: what any model should beat.</summary>
    public required long EvaluationGzipBytes { get; init; }

    public required long EvaluationTokens { get; init; }

    /// <summary>Documents left out because another had the same text.</summary>
    public required long DuplicateDocuments { get; init; }

    /// <summary>Lines left out of the default corpus because another was the same.</summary>
    public required long DuplicateLines { get; init; }

    /// <summary>Namespaces of the default corpus that are held out, in order.</summary>
    public required IReadOnlyList<string> HeldOutNamespaces { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Whether the tokenizer was trained here rather than given.</summary>
    public required bool TokenizerTrained { get; init; }

    internal void Write(string directory) =>
        DurableFile.Write(Path.Combine(directory, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, Layout), (byte)'\n']);

    internal static DataSummary Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            return JsonSerializer.Deserialize<DataSummary>(DocumentFile.Bytes(path, DocumentLimits.Manifest.Bytes), Layout) ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or DocumentException)
        {
            throw new DataException($"'{path}' is damaged: {e.Message} Delete the folder '{directory}'; preparing the data again makes it anew.", e);
        }
    }
}
