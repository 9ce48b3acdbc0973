using System.Text.Json.Serialization;

namespace Distributed.Checkpoints;

/// <summary>The manifest as JSON has it; its members in the order in which they are written.</summary>
internal sealed record ManifestDocument(string Format, int Version, CheckpointState State, IReadOnlyList<ManifestEntry> Tensors, string ManifestSha256);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
