using System.Text.Json;
using System.Text.Json.Serialization;
using Distributed.Configuration;
using Distributed.Data.Packing;

namespace Distributed.Data.Preparation;

/// <summary>The counts of prepared data, stored as summary.json. The file's presence marks the folder as complete.</summary>
public sealed record DataSummary
{
    internal const string FileName = "summary.json";

    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Hash of the sources' content and of all options that affect the result; the folder's name.</summary>
    public required string ContentId { get; init; }

    /// <summary>The corpora, as in the options.</summary>
    public required IReadOnlyList<string> Corpus { get; init; }

    /// <summary>Total size of the source files in bytes.</summary>
    public required long SourceBytes { get; init; }

    public required long TrainDocuments { get; init; }

    /// <summary>UTF-8 bytes of the training text.</summary>
    public required long TrainBytes { get; init; }

    public required long TrainTokens { get; init; }

    public required long EvaluationDocuments { get; init; }

    /// <summary>
    /// Whether the end of a training document is held out, because there are too few documents to hold out a whole document.
    /// </summary>
    [JsonPropertyName("held_out_from_document")]
    public required bool IsHeldOutFromDocument { get; init; }

    /// <summary>UTF-8 bytes of the held-out text, the denominator of bits per byte.</summary>
    public required long EvaluationBytes { get; init; }

    /// <summary>
    /// Size in bytes of the held-out text (evaluation.txt) compressed by gzip at its best level: a baseline for every model.
    /// </summary>
    public required long EvaluationGzipBytes { get; init; }

    public required long EvaluationTokens { get; init; }

    /// <summary>Documents left out because another document has the same text.</summary>
    public required long DuplicateDocuments { get; init; }

    /// <summary>Lines left out of the default corpus because they are repeated.</summary>
    public required long DuplicateLines { get; init; }

    /// <summary>Namespaces of the default corpus that are held out, in order.</summary>
    public required IReadOnlyList<string> HeldOutNamespaces { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Whether the tokenizer was trained by the preparation; false if it was given.</summary>
    [JsonPropertyName("tokenizer_trained")]
    public required bool IsTokenizerTrained { get; init; }

    internal void Write(string directory) =>
        DurableFile.Write(Path.Combine(directory, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, Layout), (byte)'\n']);

    internal static DataSummary Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            return JsonSerializer.Deserialize<DataSummary>(DocumentFile.Bytes(path, DocumentLimits.Manifest.Bytes), Layout)
                ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or DocumentException)
        {
            throw new DataException($"'{path}' is damaged: {e.Message} Delete the folder '{directory}' and prepare the data again.", e);
        }
    }
}
