using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>
/// Writes the corpus: one valid checkpoint as this code saves it, and damaged copies of it. Files that are checked in are never generated
/// again; a new version of the format gets its own folder beside them. To run it:
/// <code>CORPUS=/folder/that/is/not/there ./Distributed.Checkpoints.Tests -explicit only -method '*Generate_Corpus*'</code>
/// </summary>
public sealed class CorpusGenerator
{
    private const string Folder = "step-00000003";
    private const string Weights = Folder + "/weights-rank-00000.safetensors";
    private const string Expert = "model.layers.0.mlp.experts.1.up_proj.weight";

    [Fact(Explicit = true)]
    public void Generate_Corpus_WritesASoundCheckpointAndDamagedOnes()
    {
        var target = Environment.GetEnvironmentVariable("CORPUS")
            ?? throw new InvalidOperationException("CORPUS must name a folder that does not exist yet.");
        if (Directory.Exists(target))
            throw new InvalidOperationException($"{target} already exists. Name another folder: checked-in files never change.");
        using var root = new TemporaryFolder();
        CorpusRun.Save(root.Path);
        var sound = CheckpointFiles.Load(root.Path);
        sound.WriteTo(Path.Combine(target, "sound"));
        foreach (var (name, files) in Damaged(sound)) files.WriteTo(Path.Combine(target, name));
    }

    private static IEnumerable<(string Name, CheckpointFiles Files)> Damaged(CheckpointFiles sound)
    {
        const string manifest = Folder + "/manifest.json";
        yield return ("truncated-tensor", sound.With(Weights, bytes => bytes[..^1]));
        yield return ("truncated-header", sound.With(Weights, bytes => bytes[..100]));
        yield return ("truncated-manifest", sound.With(manifest, bytes => bytes[..^20]));
        yield return ("empty-manifest", sound.With(manifest, _ => []));
        yield return ("flipped-tensor", sound.With(Weights, bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]));
        yield return ("flipped-manifest", sound.With(manifest, bytes => Forgery.Replace(bytes, "\"seed\": -7", "\"seed\": -5")));
        yield return ("oversized-header", sound.With(Weights, bytes => [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, .. bytes[8..]]));
        yield return ("overlapping-tensors", sound.With(Weights, bytes => Header(bytes, Overlap)));
        yield return ("duplicated-tensor",
            sound.With(Weights, bytes => Header(bytes, header => Forgery.Replace(header, "model.scale", "model.mask"))));
        yield return ("duplicated-in-manifest",
            sound.With(manifest, bytes => Sealed(bytes, "\"name\":\"model.mask\"", "\"name\":\"model.none\"")));
        yield return ("missing-expert", WithoutExpert(sound, manifest));
        yield return ("missing-file", sound.Without(Weights));
        yield return ("newer-version",
            sound.With(manifest,
                bytes => Forgery.Seal(
                    Encoding.UTF8.GetBytes(Regex.Replace(Encoding.UTF8.GetString(bytes), "\"version\": [0-9]+", "\"version\": 9")))));
        yield return ("outside-its-folder", sound.With(manifest, bytes => Sealed(bytes, "\"file\":\"weights-", "\"file\":\"../weights-")));
        yield return ("of-another-step", sound.With(manifest, bytes => Sealed(bytes, "\"step\": 3", "\"step\": 4")));
        yield return ("unfinished-save", sound.Without(manifest).Without("latest").Renamed(Folder, Folder + ".tmp-1"));
        yield return ("latest-names-nothing", sound.With("latest", _ => "step-00000004\n"u8.ToArray()));
    }

    private static byte[] Sealed(byte[] manifest, string text, string replacement) =>
        Forgery.Seal(Forgery.Replace(manifest, text, replacement));

    private static byte[] Header(byte[] file, Func<byte[], byte[]> change)
    {
        var (header, data) = Forgery.Split(file);
        return Forgery.Join(change(header), data);
    }

    /// <summary>The second tensor of the file begins one element before the first one ends.</summary>
    private static byte[] Overlap(byte[] header)
    {
        var json = JsonNode.Parse(header)!.AsObject();
        var ranges = json.Where(p => p.Key != "__metadata__").Select(p => p.Value!["data_offsets"]!.AsArray())
            .Where(r => (long)r[1]! > (long)r[0]!).OrderBy(r => (long)r[0]!).ToList();
        foreach (var end in new[] { 0, 1 }) ranges[1][end] = (long)ranges[1][end]! - 4;
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    /// <summary>
    /// Removes an expert from the manifest and from its file: the checkpoint is consistent, but the model needs the expert.
    /// </summary>
    private static CheckpointFiles WithoutExpert(CheckpointFiles sound, string manifest)
    {
        using var root = new TemporaryFolder();
        sound.WriteTo(root.Path);
        var text = Encoding.UTF8.GetString(sound.Files[manifest]);
        var line = text.Split('\n').Single(l => l.Contains($"\"{Expert}\"", StringComparison.Ordinal));
        var file = $"{Folder}/{JsonNode.Parse(line.Trim().TrimEnd(','))!["file"]}";
        var (header, data) = Forgery.Split(sound.Files[file]);
        var json = JsonNode.Parse(header)!.AsObject();
        var removed = json[Expert]!["data_offsets"]!.AsArray().Select(n => (int)n!).ToArray();
        var gap = removed[1] - removed[0];
        json.Remove(Expert);
        foreach (var range in json.Where(p => p.Key != "__metadata__").Select(p => p.Value!["data_offsets"]!.AsArray())
            .Where(r => (int)r[0]! >= removed[1]))
        {
            foreach (var end in new[] { 0, 1 }) range[end] = (int)range[end]! - gap;
        }

        var shorter = Encoding.UTF8.GetBytes(json.ToJsonString()).ToList();
        while (shorter.Count % 8 != 0) shorter.Add((byte)' ');
        var moved = 8 + shorter.Count;
        var lines = text.Split('\n').Where(l => l != line)
            .Select(l => l.Contains($"\"{Path.GetFileName(file)}\"", StringComparison.Ordinal) ? Placed(l, json, moved) : l);
        return sound
            .With(file, _ => Forgery.Join([.. shorter], [.. data[..removed[0]], .. data[removed[1]..]]))
            .With(manifest, _ => Forgery.Seal(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    private static string Placed(string line, JsonObject header, int dataStart)
    {
        var entry = JsonNode.Parse(line.Trim().TrimEnd(','))!.AsObject();
        entry["offset"] = dataStart + (int)header[(string)entry["name"]!]!["data_offsets"]![0]!;
        return $"    {entry.ToJsonString()}{(line.EndsWith(',') ? "," : "")}";
    }
}
