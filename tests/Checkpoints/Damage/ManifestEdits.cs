using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Damage to a manifest, with its own hash wrong or recomputed. With a valid hash, the contents are checked.</summary>
internal static class ManifestEdits
{
    private const int EndingBytes = 64 + 4;

    /// <summary>A placeholder for text that no JSON writer produces.</summary>
    private const string Mark = "another value";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    public static Mutation Draw(Random random, string file, CheckpointFiles sound)
    {
        var bytes = sound.Files[file];
        return random.Next(7) switch
        {
            0 => Mutation.Contents("manifest: bytes", file, ByteEdits.Several(random, bytes)),
            1 => Lie("manifest that lies: bytes", Body(bytes, body => ByteEdits.Several(random, body))),
            2 or 3 => Lie("manifest that lies: numbers", Body(bytes, body => OneNumber(random, body))),
            4 => Lie("manifest that lies: lines", Lines(random, bytes)),
            _ => Lie("manifest that lies: values", Values(random, bytes)),
        };

        Mutation Lie(string what, byte[] edited) => Mutation.Contents(what, file, Forgery.Seal(edited)) with { Lies = true };
    }

    /// <summary>
    /// Edits everything except the hash and the text after it, whose position must not change so that the hash can be recomputed.
    /// </summary>
    private static byte[] Body(byte[] bytes, Func<byte[], byte[]> edit) => [.. edit(bytes[..^EndingBytes]), .. bytes[^EndingBytes..]];

    private static byte[] OneNumber(Random random, byte[] body)
    {
        var edited = body.ToList();
        ByteEdits.Number(random, edited);
        return [.. edited];
    }

    /// <summary>Duplicates a line, removes one, or exchanges two. Each key and each tensor has its own line.</summary>
    private static byte[] Lines(Random random, byte[] bytes)
    {
        var lines = Encoding.UTF8.GetString(bytes).Split('\n').ToList();
        var (first, second) = (random.Next(1, lines.Count - 3), random.Next(1, lines.Count - 3));
        switch (random.Next(3))
        {
            case 0:
                lines.Insert(random.Next(2) == 0 ? first : second, lines[first]);
                break;
            case 1:
                lines.RemoveAt(first);
                break;
            default:
                (lines[first], lines[second]) = (lines[second], lines[first]);
                break;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    /// <summary>Well-formed JSON in which one value is changed, removed, or exchanged with another tensor's value.</summary>
    private static byte[] Values(Random random, byte[] bytes)
    {
        var json = JsonNode.Parse(bytes)!.AsObject();
        var tensors = json["tensors"]!.AsArray();
        var parent = random.Next(3) switch
        {
            0 => json["state"]!.AsObject(),
            1 => json["state"]![new[] { "world", "model", "schedule", "content", "extra" }[random.Next(5)]]!.AsObject(),
            _ => tensors[random.Next(tensors.Count)]!.AsObject(),
        };
        var key = parent.ElementAt(random.Next(parent.Count)).Key;
        var other = tensors[random.Next(tensors.Count)]!.AsObject();
        if (other.ContainsKey(key) && random.Next(2) == 0)
            (parent[key], other[key]) = (other[key]!.DeepClone(), parent[key]!.DeepClone());
        else if (random.Next(6) == 0)
            parent.Remove(key);
        else
            parent[key] = Mark;
        return Encoding.UTF8.GetBytes(json.ToJsonString(Indented).Replace($"\"{Mark}\"", Nasty(random), StringComparison.Ordinal) + "\n");
    }

    private static string Nasty(Random random) => random.Next(12) switch
    {
        0 => "null",
        1 => "true",
        2 => "\"\"",
        3 => "\"\\u0000\\u001b[2J\\n\"",
        4 => "\"\\ud800\"",
        5 => "{}",
        6 => "{\"\\ud800\":1}",
        7 => "[1,null,\"\\udfff\"]",
        8 => $"\"{new string('x', random.Next(1, 5000))}\"",
        9 => string.Concat(Enumerable.Repeat("{\"a\":", 50)) + "1" + new string('}', 50),
        10 => "\"..\"",
        _ => ByteEdits.Numbers[random.Next(ByteEdits.Numbers.Length)],
    };
}
