using System.Text.Json;
using Distributed.Configuration;
using Distributed.Data.Examples.Records;
using Distributed.Data.Packing;
using Distributed.Data.Preparation;

namespace Distributed.Data.Examples;

/// <summary>The counts of prepared examples, stored as summary.json. The file's presence marks the folder as complete.</summary>
public sealed record ExampleSummary
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Hash of the sources' content and of all options that affect the result; the folder's name.</summary>
    public required string ContentId { get; init; }

    /// <summary>The kind of the examples.</summary>
    public required ExampleKind Kind { get; init; }

    /// <summary>Total size of the source files in bytes.</summary>
    public required long SourceBytes { get; init; }

    /// <summary>Number of examples, without those that are skipped.</summary>
    public required int Examples { get; init; }

    /// <summary>Number of their tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Number of tokens that are learnt; 0 for prompts.</summary>
    public required long Targets { get; init; }

    /// <summary>Number of tokens of the longest example; of a pair, of both sides.</summary>
    public required int Longest { get; init; }

    /// <summary>Examples whose completion was cut.</summary>
    public required ExampleCount Truncated { get; init; }

    /// <summary>Examples that are skipped because they are longer than the sequence length.</summary>
    public required ExampleCount TooLong { get; init; }

    /// <summary>Examples that are skipped because their prompt leaves no room for a token of the completion.</summary>
    public required ExampleCount NoRoom { get; init; }

    /// <summary>Examples with the name of a special token in a text, which is encoded as text.</summary>
    public required ExampleCount SpecialNames { get; init; }

    internal void Write(string directory) => DurableFile.Write(
        Path.Combine(directory, DataSummary.FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, Layout), (byte)'\n']);

    internal static ExampleSummary Read(string directory)
    {
        var path = Path.Combine(directory, DataSummary.FileName);
        try
        {
            return JsonSerializer.Deserialize<ExampleSummary>(DocumentFile.Bytes(path, DocumentLimits.Manifest.Bytes), Layout)
                ?? throw new JsonException("it is null.");
        }
        catch (Exception e) when (e is JsonException or DocumentException or IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{path}' is damaged: {e.Message} Delete the folder '{directory}' and prepare the data again.", e);
        }
    }
}
