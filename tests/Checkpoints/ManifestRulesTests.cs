using Distributed.Checkpoints.Tests.Damage;

namespace Distributed.Checkpoints.Tests;

/// <summary>Manifests with a valid hash and invalid contents.</summary>
public sealed class ManifestRulesTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly string _path;

    public ManifestRulesTests() => _path = Path.Combine(SmallRun.Save(_root.Path, 200, ranks: 2), "manifest.json");

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(
        "\"dtype\":\"BF16\"", "\"dtype\":\"F4\"", "tensor 'model.embed_tokens.weight': dtype 'F4' is not known; known are F64, F32")]
    [InlineData("\"hash\":\"xxh128:", "\"hash\":\"xxh128:0", "must be xxh128: and 32 lower-case hexadecimal digits, or sha256: and 64")]
    [InlineData("\"hash\":\"xxh128:", "\"hash\":\"md5:", "tensor 'model.embed_tokens.weight': hash 'md5:")]
    [InlineData("\"hash\":\"xxh128:", "\"sha256\":\"", "is damaged")]
    [InlineData(
        "\"file\":\"weights-rank-00000.safetensors\"", "\"file\":\"weights\\u001b[2J\"", "file 'weights\\u001b[2J' must be a plain name")]
    [InlineData("\"length\":256", "\"length\":9223372036854775000", "and those before it overflow")]
    [InlineData(
        "\"kind\":\"weights\"",
        "\"kind\":\"optimizer\"",
        "is of kind weights, those before it in 'weights-rank-00000.safetensors' are not")]
    [InlineData("\"name\":\"model.scale\"", "\"name\":\"model.embed_tokens.weight\"", "every tensor must be saved by exactly one rank")]
    [InlineData("\"step\": 200", "\"step\": -1", "step -1 is negative")]
    [InlineData("\"step\": 200", "\"step\": 201", "is of step 201, but its folder is named for step 200")]
    [InlineData("\"step\": 200", "\"step\": 1e400", "is damaged")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": 1e400", "hidden_size: 1e400 is out of the range of a double")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": 1e-99999999999", "hidden_size: 1e-99999999999 is out of the range of a double")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": NaN", "is damaged")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": 8, \"hidden_size\": 9", "is damaged")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": {\"\\ud800\": 1}", "is damaged")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": [[\"\\udfff\"]]", "is damaged")]
    [InlineData("\"tokenizer\": \"sha256:aa\"", "\"tokenizer\": null", "content.tokenizer is null")]
    [InlineData("\"seed\": 7", "\"seed\": 7, \"\\u001b[2J\": 1", "\\u001b[2J")]
    public void Open_InvalidContents_IsRefusedWithTheFile(string text, string replacement, string message)
    {
        File.WriteAllBytes(_path, Forgery.Seal(Forgery.Replace(File.ReadAllBytes(_path), text, replacement)));

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path));

        Assert.StartsWith(_path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [Theory]
    [InlineData("\"content\": {\n      \"corpus\": \"sha256:bb\",\n      \"tokenizer\": \"sha256:aa\"\n    },")]
    [InlineData("\"schedule\": {\n      \"learning_rate\": 0.30000000000000004,\n      \"warmup\": 10\n    },")]
    public void Open_WithoutAnOptionalPart_HasItEmpty(string text)
    {
        File.WriteAllBytes(_path, Forgery.Seal(Forgery.Replace(File.ReadAllBytes(_path), text, "")));

        using var checkpoint = Checkpoint.Open(_root.Path);

        Assert.Equal(1, (checkpoint.State.Content.Count == 0 ? 1 : 0) + (checkpoint.State.Schedule.Count == 0 ? 1 : 0));
    }

    [Fact]
    public void Open_LongerThanAnyManifest_IsRefusedBeforeItIsRead()
    {
        // A sparse file takes no space on the disk.
        using (var file = File.OpenWrite(_path)) file.SetLength((256L << 20) + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.StartsWith($"{_path}: has 268435457 bytes; allowed: at most 268435456", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step-00000200\v")]
    [InlineData(" step-00000200")]
    [InlineData("step-00000200\nstep-00000200\n")]
    public void Open_LatestWithMoreThanAName_IsRefused(string content)
    {
        var path = Path.Combine(_root.Path, "latest");
        File.WriteAllText(path, content);

        Assert.StartsWith($"{path}: must hold the name of a step's folder",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("step-00000200")]
    [InlineData("step-00000200\r\n")]
    public void Open_LatestWrittenByHand_IsRead(string content)
    {
        File.WriteAllText(Path.Combine(_root.Path, "latest"), content);

        using var checkpoint = Checkpoint.Open(_root.Path);

        SmallRun.AssertHolds(checkpoint, 200);
    }

    [Fact]
    public void Open_LatestThatIsTooLarge_IsRefusedBeforeItIsRead()
    {
        var path = Path.Combine(_root.Path, "latest");
        File.WriteAllBytes(path, new byte[257]);

        Assert.StartsWith($"{path}: has 257 bytes; allowed: at most 256",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("step-00000200/manifest.json")]
    [InlineData("step-00000200/weights-rank-00000.safetensors")]
    public void Verify_ALinkToADeviceWithoutAnEnd_IsRefused(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux: /dev/zero");
        var path = Path.Combine(_root.Path, file);
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/zero");

        var error = Assert.Throws<CheckpointException>(() =>
        {
            using var checkpoint = Checkpoint.Open(_root.Path);
            checkpoint.Read(TensorKind.Weights, "model.embed_tokens.weight");
        });

        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VerifyAndRead_MetadataThatNoSaveWrites_NameTheFile()
    {
        var path = Path.Combine(_root.Path, "step-00000200", "weights-rank-00000.safetensors");
        File.WriteAllBytes(path, Forgery.Replace(File.ReadAllBytes(path), "{\"format\":\"pt\"}", "{\"format\":\"qt\"}"));
        using var checkpoint = Checkpoint.Open(_root.Path);

        var problem = Assert.Single(checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems);

        Assert.Equal($"{path}: its metadata is not what every save writes, so its header is damaged", problem);
        Assert.StartsWith(problem,
            Assert.Throws<CheckpointException>(() => checkpoint.Read(TensorKind.Weights, "model.embed_tokens.weight")).Message,
            StringComparison.Ordinal);
    }
}
