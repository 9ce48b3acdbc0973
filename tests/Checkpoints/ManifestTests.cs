using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Distributed.Checkpoints.Tests;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly string _path;

    public ManifestTests() => _path = Path.Combine(SmallRun.Save(_root.Path, 200, ranks: 2), "manifest.json");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Manifest_OfTheSameState_HasTheSameBytes()
    {
        using var other = new TemporaryFolder();

        SmallRun.Save(other.Path, 200, ranks: 2, epoch: 9);

        Assert.Equal(File.ReadAllBytes(_path), File.ReadAllBytes(Path.Combine(other.Path, "step-00000200", "manifest.json")));
    }

    [Fact]
    public void Manifest_HasOneLineForEachTensorByKindAndName()
    {
        var lines = File.ReadAllLines(_path).Where(l => l.Contains("\"hash\"", StringComparison.Ordinal)).ToList();

        Assert.Equal(18, lines.Count);
        Assert.Matches(
            """^ *\{"kind":"weights","name":"model.embed_tokens.weight","dtype":"BF16","shape":"""
            + """\[16,8\],"file":"weights-rank-00000.safetensors","offset":\d+,"length":256,"hash":"xxh128:[0-9a-f]{32}"\},$""", lines[0]);
        Assert.Contains("\"optimizer\"", lines[^1]);
    }

    [Fact]
    public void Open_AnyByteOfTheManifestChanged_IsRefused()
    {
        var original = File.ReadAllBytes(_path);
        for (var at = 0; at < original.Length; at++)
        {
            var mutant = original.ToArray();
            mutant[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(_path, mutant);

            var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path));

            Assert.StartsWith(_path, error.Message);
        }
    }

    [Fact]
    public void Open_TruncatedManifest_IsRefused()
    {
        var original = File.ReadAllBytes(_path);
        foreach (var length in new[] { 0, 1, 64, original.Length / 2, original.Length - 1 })
        {
            File.WriteAllBytes(_path, original[..length]);

            Assert.Contains("is damaged", Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message);
        }
    }

    [Theory]
    [InlineData("\"version\": 4", "\"version\": 5", "has format version 5, this program reads versions 1 to 4")]
    [InlineData("\"format\": \"distributed-checkpoint\"", "\"format\": \"other\"", "is not the manifest of a checkpoint")]
    public void Open_AnotherFormat_IsReportedFirst(string text, string replacement, string message)
    {
        File.WriteAllText(_path, File.ReadAllText(_path).Replace(text, replacement, StringComparison.Ordinal));

        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message);
    }

    [Theory]
    [InlineData(
        "\"file\":\"weights-rank-00000.safetensors\"", "\"file\":\"../weights-rank-00000.safetensors\"",
        "must be a plain name in the same folder")]
    [InlineData("\"file\":\"weights-rank-00000.safetensors\"", "\"file\":\"/etc/passwd\"", "must be a plain name in the same folder")]
    [InlineData("\"file\":\"weights-rank-00000.safetensors\"", "\"file\":\"..\"", "must be a plain name in the same folder")]
    [InlineData("\"length\":256", "\"length\":-256", "must not be negative or overflow")]
    [InlineData("\"length\":256", "\"length\":9223372036854775807", "must not be negative or overflow")]
    [InlineData("\"shape\":[16,8]", "\"shape\":[-16,-8]", "must not be negative or overflow")]
    [InlineData("\"shape\":[16,8]", "\"shape\":null", "is damaged")]
    [InlineData("\"kind\":\"weights\"", "\"kind\":7", "holds a tensor without a kind")]
    [InlineData("\"kind\":\"weights\"", "\"kind\":\"biases\"", "is damaged")]
    [InlineData("\"step\": 200", "\"step\": -1", "step -1 is negative")]
    [InlineData("\"step\": 200,", "", "is damaged")]
    [InlineData("\"step\": 200", "\"step\": 200, \"step\": 201", "is damaged")]
    [InlineData("\"job\": \"small\"", "\"job\": null", "is damaged")]
    [InlineData("\"name\":\"model.scale\"", "\"name\":\"model.embed_tokens.weight\"", "saved more than once")]
    public void Open_AForgedManifestWithAValidHash_IsStillChecked(string text, string replacement, string message)
    {
        var forged = new Regex(Regex.Escape(text)).Replace(File.ReadAllText(_path),
            replacement.Replace("$", "$$", StringComparison.Ordinal), 1);
        Assert.NotEqual(File.ReadAllText(_path), forged);
        File.WriteAllText(_path, Seal(forged));

        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message);
    }

    [Fact]
    public void Seal_OfTheUnchangedManifest_IsTheHashThatWasWritten() =>
        Assert.Equal(File.ReadAllText(_path), Seal(File.ReadAllText(_path)));

    /// <summary>The manifest with its own hash, computed as the README defines it.</summary>
    private static string Seal(string manifest)
    {
        const string ending = "\"\n}\n";
        var body = manifest[..^(64 + ending.Length)];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(body + new string('0', 64) + ending));
        return body + Convert.ToHexStringLower(hash) + ending;
    }
}
