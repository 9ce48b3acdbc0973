using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>
/// Damage to a safetensors file: to any bytes, its length field, a header of the right length, or the entries of the header.
/// </summary>
internal static class SafetensorsEdits
{
    private static readonly string[] Dtypes = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "U8", "BOOL", "F8_E4M3", "C64", "F4", ""];

    public static Mutation Draw(Random random, string file, CheckpointFiles sound)
    {
        var bytes = sound.Files[file];
        var (header, data) = Forgery.Split(bytes);
        return random.Next(6) switch
        {
            0 => Mutation.Contents("shard: bytes", file, ByteEdits.Several(random, bytes)),
            1 => Mutation.Contents("shard: length field", file, LengthField(random, bytes)),
            2 => Mutation.Contents("shard: data", file, Forgery.Join(header, ByteEdits.Several(random, data))),
            3 => Mutation.Contents("shard: numbers", file, Forgery.Join(OneNumber(random, header), data)),
            4 => Mutation.Contents("shard: header", file, Forgery.Join(ByteEdits.Several(random, header), data)),
            _ => Mutation.Contents("shard: entries", file, Forgery.Join(Entries(random, header), data)),
        };
    }

    private static byte[] LengthField(Random random, byte[] bytes)
    {
        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var lie = random.Next(6) switch
        {
            0 => length + random.Next(-16, 17),
            1 => bytes.Length - 8 + random.Next(-2, 3),
            2 => -random.NextInt64(1, long.MaxValue),
            3 => random.NextInt64(),
            4 => 100_000_000 + random.Next(-1, 2),
            _ => random.Next(0, bytes.Length),
        };
        var edited = bytes.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(edited, lie);
        return edited;
    }

    private static byte[] OneNumber(Random random, byte[] header)
    {
        var edited = header.ToList();
        ByteEdits.Number(random, edited);
        return [.. edited];
    }

    /// <summary>A well-formed header with other entries.</summary>
    private static byte[] Entries(Random random, byte[] header)
    {
        var json = JsonNode.Parse(header)!.AsObject();
        var names = json.Select(p => p.Key).Where(n => n != "__metadata__").ToList();
        var (first, second) = (names[random.Next(names.Count)], names[random.Next(names.Count)]);
        var entry = json[first]!.AsObject();
        switch (random.Next(8))
        {
            case 0: // exchanged ranges
                (entry["data_offsets"], json[second]!["data_offsets"]) = (json[second]!["data_offsets"]!.DeepClone(),
                    entry["data_offsets"]!.DeepClone());
                break;
            case 1: // two tensors with the same range
                json[first + ".copy"] = entry.DeepClone();
                break;
            case 2: // two tensors with the same name
                return Encoding.UTF8.GetBytes(json.ToJsonString().Replace($"\"{first}\"", $"\"{second}\"", StringComparison.Ordinal));
            case 3:
                entry["dtype"] = Dtypes[random.Next(Dtypes.Length)];
                break;
            case 4: // the same number of elements in another shape
                entry["shape"] = new JsonArray([.. entry["shape"]!.AsArray().Reverse().Select(n => n!.DeepClone()), JsonValue.Create(1)]);
                break;
            case 5: // no elements, or too many
                entry["shape"] = new JsonArray(JsonValue.Create(random.Next(2)), JsonValue.Create(1L << random.Next(20, 63)),
                    JsonValue.Create(1L << random.Next(20, 63)));
                if (random.Next(2) == 0) entry["data_offsets"] = new JsonArray(0, 0);
                break;
            case 6:
                json.Remove(first);
                break;
            default: // exchanged names: each has the other's data
                if (first == second) goto case 6;
                var other = json[second]!.DeepClone();
                json[second] = entry.DeepClone();
                json[first] = other;
                break;
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
