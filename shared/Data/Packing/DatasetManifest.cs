using System.Text.Json;
using System.Text.Json.Serialization;
using Distributed.Configuration;

namespace Distributed.Data.Packing;

/// <summary>The manifest <c>dataset.json</c> beside the shards of a packed data set.</summary>
internal sealed record DatasetManifest
{
    public const string FileName = "dataset.json";

    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public sealed record Shard(string File, long Tokens, string Sha256);

    public required int Version { get; init; }

    public required int VocabularySize { get; init; }

    public required int EndOfTextId { get; init; }

    public required long Documents { get; init; }

    public required IReadOnlyList<Shard> Shards { get; init; }

    public void Write(string directory) =>
        DurableFile.Write(Path.Combine(directory, FileName), [.. JsonSerializer.SerializeToUtf8Bytes(this, Layout), (byte)'\n']);

    public static DatasetManifest Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            return JsonSerializer.Deserialize<DatasetManifest>(DocumentFile.Bytes(path, DocumentLimits.Manifest.Bytes), Layout)
                ?? throw new DataException($"The manifest '{path}' is null. Delete the folder and prepare the data again.");
        }
        catch (Exception e) when (e is DocumentException or IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataException(
                $"The packed data set '{directory}' has no readable {FileName}: {e.Message} "
                + "Name a folder that 'data prepare' created, or prepare the data again.",
                e);
        }
    }
}
