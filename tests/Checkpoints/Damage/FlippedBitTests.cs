namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Every flipped bit of a checkpoint is found.</summary>
public sealed class FlippedBitTests
{
    /// <summary>Flips one bit of every byte in turn; all eight bits of each if <c>FUZZ_CASES</c> is set.</summary>
    [Fact]
    public void Load_AnyByteOfAnyFileWithAFlippedBit_IsRefusedByFileAndTensor()
    {
        var bits = Environment.GetEnvironmentVariable("FUZZ_CASES") is null ? 1 : 8;
        using var folder = new TemporaryFolder();
        var root = Path.Combine(folder.Path, "root");
        CorpusRun.Save(root);
        var sound = CheckpointFiles.Load(root);
        var load = new WholeLoad(sound);
        List<ManifestEntry> entries;
        using (var checkpoint = Checkpoint.Open(root)) entries = [.. checkpoint.Manifest.Tensors];
        foreach (var (file, bytes) in sound.Files)
        {
            var path = Path.Combine(root, file);
            for (var at = 0; at < bytes.Length; at++)
            {
                for (var bit = at; bit < at + bits; bit++)
                {
                    Write(path, bytes, at, (byte)(1 << (bit % 8)));
                    var refusals = load.Run(root);
                    Assert.True(refusals.Count > 0, $"The flipped bit {bit % 8} of byte {at} of {file} was not found.");
                    Assert.StartsWith(path, refusals[0], StringComparison.Ordinal);
                    if (entries.Find(
                        e => file.EndsWith("/" + e.File, StringComparison.Ordinal) && at >= e.Offset && at < e.Offset + e.Length)
                        is { } entry)
                        Assert.StartsWith($"{path}: tensor '{entry.Name}': ", refusals[0], StringComparison.Ordinal);
                }
            }

            File.WriteAllBytes(path, bytes);
        }

        Assert.Empty(load.Run(root));
    }

    private static void Write(string path, byte[] bytes, int at, byte mask)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= mask;
        File.WriteAllBytes(path, flipped);
    }
}
