using System.Text.Json.Serialization;
using Distributed.Tensors.Safetensors;

namespace Distributed.Checkpoints;

/// <summary>The JSON form of a manifest; the members are in the order in which they are written.</summary>
internal sealed record ManifestDocument<TEntry>(
    string Format, int Version, CheckpointState State, IReadOnlyList<TEntry?> Tensors, string ManifestSha256);

/// <summary>The entry of a tensor in manifests of versions 1 and 2.</summary>
internal sealed record Sha256Entry(
    TensorKind Kind, string Name, string Dtype, IReadOnlyList<long> Shape, string File, long Offset, long Length, string Sha256)
{
    public ManifestEntry ToCurrent() => new(Kind, Name, Dtype, Shape, File, Offset, Length, $"{TensorHash.Sha256}:{Sha256}");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ManifestDocument<ManifestEntry>))]
[JsonSerializable(typeof(ManifestDocument<Sha256Entry>))]
internal sealed partial class ManifestJson : JsonSerializerContext;
