namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>One damage to a root of checkpoints.</summary>
/// <param name="What">Kind of damage, for messages and counts.</param>
/// <param name="Files">Files that are damaged, as paths below the root; a refusal must name the first.</param>
/// <param name="Apply">Damages the files below a given root.</param>
internal sealed record Mutation(string What, IReadOnlyList<string> Files, Action<string> Apply)
{
    /// <summary>
    /// Whether a refusal may name any file: if a file is consistent but wrong, either side of the contradiction can be reported.
    /// </summary>
    public bool Lies { get; init; }

    /// <summary>A file with other contents.</summary>
    public static Mutation Contents(string what, string file, byte[] bytes) =>
        new(what, [file], root => File.WriteAllBytes(Path.Combine(root, file), bytes));

    /// <summary>Draws a mutation; the same number always gives the same mutation.</summary>
    public static Mutation Draw(CheckpointFiles sound, int number)
    {
        var random = new Random(Scattered(number));
        var manifests = sound.Files.Keys.Where(f => f.EndsWith("/manifest.json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        var shards = sound.Files.Keys.Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        // Three times in four, a file of the folder that 'latest' names: damage elsewhere must have no effect.
        string Any(List<string> files) => random.Next(4) > 0 ? files[^(1 + random.Next(files.Count / 2))] : files[random.Next(files.Count)];
        return random.Next(100) switch
        {
            < 35 => ManifestEdits.Draw(random, Any(manifests), sound),
            < 75 => SafetensorsEdits.Draw(random, Any(shards), sound),
            < 80 => Contents("latest: bytes", "latest", ByteEdits.Several(random, sound.Files["latest"])),
            _ => FolderEdits.Draw(random, sound),
        };
    }

    /// <summary>Spreads the seeds: random generators with neighbouring seeds begin with similar numbers.</summary>
    private static int Scattered(int number)
    {
        var bits = unchecked((ulong)(number + 1L) * 0x9e3779b97f4a7c15);
        bits = unchecked((bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9);
        return (int)((bits ^ (bits >> 27)) >> 33);
    }
}
