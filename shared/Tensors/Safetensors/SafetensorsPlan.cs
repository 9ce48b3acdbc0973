using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>The plan of a file to write: the header's bytes and the byte range of every tensor.</summary>
internal sealed record SafetensorsPlan(byte[] Header, IReadOnlyList<(TensorEntry Entry, Tensor Tensor)> Tensors, long FileLength)
{
    /// <summary>The offset of the data is a multiple of this, so that memory-mapped tensors are aligned.</summary>
    private const int Alignment = 8;

    /// <exception cref="SafetensorsException">A name is duplicate or reserved, or the format does not support a dtype.</exception>
    public static SafetensorsPlan Make(
        string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var seen = new HashSet<string>();
        foreach (var (name, _) in tensors)
        {
            if (name == SafetensorsHeader.MetadataKey) throw new SafetensorsException(path, name, "the format reserves this name.");
            if (!seen.Add(name)) throw new SafetensorsException(path, name, "is given twice.");
        }

        var relative = AssignOffsets(path, tensors);
        var header = WriteHeader(relative.Select(t => t.Entry), metadata);
        if (header.Length - SafetensorsHeader.PrefixBytes > SafetensorsHeader.MaxBytes)
        {
            throw new SafetensorsException(
                path, null, $"the header would have {header.Length - SafetensorsHeader.PrefixBytes} bytes, the format allows "
                + $"{SafetensorsHeader.MaxBytes}. Write fewer tensors to one file.");
        }

        var placed = relative.ConvertAll(t => (t.Entry with { Offset = t.Entry.Offset + header.Length }, t.Tensor));
        return new SafetensorsPlan(header, placed, placed.Count == 0 ? header.Length : placed[^1].Item1.End);
    }

    private static List<(TensorEntry Entry, Tensor Tensor)> AssignOffsets(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        var placed = new List<(TensorEntry, Tensor)>(tensors.Count);
        var offset = 0L;
        var typed = tensors.Select(t => (t.Name, t.Tensor, Dtype: SafetensorsDtype.Find(t.Tensor.dtype)
            ?? throw new SafetensorsException(path, t.Name, $"the format has no type for {t.Tensor.dtype}.")));
        foreach (var (name, tensor, dtype) in typed.OrderByDescending(t => t.Dtype.ItemSize).ThenBy(t => t.Name, StringComparer.Ordinal))
        {
            var entry = new TensorEntry(name, dtype, tensor.shape, offset, TensorMemory.ByteCount(tensor));
            placed.Add((entry, tensor));
            offset = checked(offset + entry.Length);
        }

        return placed;
    }

    private static byte[] WriteHeader(IEnumerable<TensorEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = new ArrayBufferWriter<byte>();
        // The default encoder would escape characters that are special in HTML.
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 }) WriteMetadata(writer, metadata);
            foreach (var entry in entries) WriteEntry(writer, entry);
            writer.WriteEndObject();
        }

        var length = (json.WrittenCount + Alignment - 1) / Alignment * Alignment;
        var header = new byte[SafetensorsHeader.PrefixBytes + length];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        json.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.PrefixBytes));
        header.AsSpan(SafetensorsHeader.PrefixBytes + json.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> metadata)
    {
        writer.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter writer, TensorEntry entry)
    {
        writer.WriteStartObject(entry.Name);
        writer.WriteString("dtype", entry.Dtype.Name);
        writer.WriteStartArray("shape");
        foreach (var size in entry.Shape) writer.WriteNumberValue(size);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(entry.Offset);
        writer.WriteNumberValue(entry.End);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
