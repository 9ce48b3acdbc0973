using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Distributed.Checkpoints.Stores;
using Distributed.Configuration;

namespace Distributed.Checkpoints;

/// <summary>
/// Reads and writes <c>manifest.json</c>: the state, one line per tensor, and at the end the SHA-256 of the file itself (computed with
/// zeros in its place), so that a flipped bit anywhere in the file is found. Equal manifests give equal bytes.
/// </summary>
internal static class ManifestFile
{
    public const string Format = "distributed-checkpoint";

    /// <summary>
    /// The version that is written. Version 2 added pipeline_stages to the layout; manifests of version 1 have one stage. Version 3
    /// replaced sha256 by hash, which names its algorithm. Version 4 added the run's identity; older manifests have none.
    /// </summary>
    public const int Version = 4;

    private const int OldestVersion = 1, LastWithSha256 = 2;

    /// <summary>
    /// Largest size in bytes, enough for 800 000 tensors. A model with 671 billion parameters and its optimizer moments has a quarter of
    /// that.
    /// </summary>
    public static int MaxBytes => DocumentLimits.Manifest.Bytes;

    private const int HashDigits = 64;
    private static readonly string NoHash = new('0', HashDigits);

    /// <summary>The bytes after the hash, which locate the hash from the end of the file.</summary>
    private static readonly byte[] Ending = "\"\n}\n"u8.ToArray();

    /// <exception cref="CheckpointException">The manifest has more than <see cref="MaxBytes"/> bytes.</exception>
    public static byte[] ToBytes(CheckpointManifest manifest)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream,
            new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("format", Format);
            writer.WriteNumber("version", Version);
            writer.WritePropertyName("state");
            JsonSerializer.Serialize(writer, Sorted(manifest.State), ManifestJson.Default.CheckpointState);
            writer.WriteStartArray("tensors");
            // The writer does not break lines around raw values.
            foreach (var entry in manifest.Tensors)
                writer.WriteRawValue([.. "\n    "u8, .. JsonSerializer.SerializeToUtf8Bytes(entry, ManifestJson.Default.ManifestEntry)],
                    skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteString("manifest_sha256", NoHash);
            writer.WriteEndObject();
        }

        stream.Write("\n"u8);
        if (stream.Length > MaxBytes)
        {
            throw new CheckpointException(
                $"The manifest of {manifest.Tensors.Count} tensors has {stream.Length} bytes; allowed: at most {MaxBytes}. "
                + "Store less in the state, or fewer tensors in a checkpoint.");
        }

        var bytes = stream.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Encoding.ASCII.GetBytes(hash, HashSpan(bytes));
        return bytes;
    }

    /// <exception cref="CheckpointException">
    /// The manifest is missing, damaged, of another version, or names files outside its folder.
    /// </exception>
    public static CheckpointManifest Read(StoredFolder folder)
    {
        var path = folder.PathOf(CheckpointLayout.ManifestFile);
        byte[] bytes;
        try
        {
            bytes = BoundedFile.Read(folder.Store, folder.Name, CheckpointLayout.ManifestFile, MaxBytes);
        }
        catch (IOException e)
        {
            throw new CheckpointException($"{path}: cannot be read: {e.Message}", e);
        }

        try
        {
            int version;
            using (var values = JsonText.Document(bytes, DocumentLimits.Manifest))
            {
                version = CheckVersion(path, values.RootElement);
                CheckHash(path, bytes);
                StateValues.Check("manifest", values.RootElement);
            }

            var (state, tensors) = version <= LastWithSha256 ? OfSha256(bytes) : Current(bytes);
            EntryRules.Check(path, tensors);
            return Manifest(path, StateValues.Completed(state), tensors!);
        }
        // Text that is not Unicode throws an InvalidOperationException.
        catch (Exception e) when (e is DocumentException or JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{path}: is damaged: it is not the JSON that was written: {e.Message}", e);
        }
    }

    private static (CheckpointState, IReadOnlyList<ManifestEntry?>) Current(byte[] bytes)
    {
        var document = JsonSerializer.Deserialize(bytes, ManifestJson.Default.ManifestDocumentManifestEntry)!;
        return (document.State, document.Tensors);
    }

    private static (CheckpointState, IReadOnlyList<ManifestEntry?>) OfSha256(byte[] bytes)
    {
        var document = JsonSerializer.Deserialize(bytes, ManifestJson.Default.ManifestDocumentSha256Entry)!;
        return (document.State, [.. document.Tensors.Select(entry => entry?.ToCurrent())]);
    }

    private static CheckpointManifest Manifest(string path, CheckpointState state, IReadOnlyList<ManifestEntry> tensors)
    {
        try
        {
            return new CheckpointManifest(state, tensors);
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }

    private static CheckpointState Sorted(CheckpointState state) => state with
    {
        Content = new OrderedDictionary<string, string>(state.Content.OrderBy(c => c.Key, StringComparer.Ordinal)),
    };

    private static int CheckVersion(string path, JsonElement manifest)
    {
        if (manifest.ValueKind != JsonValueKind.Object
            || !manifest.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String
            || format.GetString() != Format
            || !manifest.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out var number))
            throw new CheckpointException($"{path}: is not the manifest of a checkpoint (no \"format\": \"{Format}\" with a version).");
        if (number is < OldestVersion or > Version)
        {
            throw new CheckpointException(
                $"{path}: has format version {number}, this program reads versions {OldestVersion} to {Version}; "
                + "use the program that wrote it, or a newer one.");
        }

        return number;
    }

    private static void CheckHash(string path, byte[] bytes)
    {
        if (bytes.Length < HashDigits + Ending.Length || !bytes.AsSpan().EndsWith(Ending))
            throw new CheckpointException($"{path}: is damaged: it does not end with its own hash.");
        var span = HashSpan(bytes);
        var written = Encoding.ASCII.GetString(span);
        Encoding.ASCII.GetBytes(NoHash, span);
        var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Encoding.ASCII.GetBytes(written, span);
        if (found != written)
        {
            throw new CheckpointException(
                $"{path}: is damaged or was edited: its contents do not have the SHA-256 that it ends with. Use another checkpoint.");
        }
    }

    private static Span<byte> HashSpan(byte[] bytes) => bytes.AsSpan(bytes.Length - Ending.Length - HashDigits, HashDigits);
}
