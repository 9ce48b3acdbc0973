using System.Text.Json;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Safetensors;

/// <summary>Reads files of this repository that the reference implementation has written.</summary>
public sealed class GoldenFileTests
{
    [Fact]
    public void ReadTensor_Fp8Checkpoint_DequantisesToTheExpectedValuesExactly()
    {
        using var model = Open("deepseek_v3_d_fp8_checkpoint", "model.safetensors");
        using var expected = Open("deepseek_v3_d_fp8_checkpoint", "expected.safetensors");
        var weights = expected.Tensors.Keys.Where(k => k.StartsWith("dequant.", StringComparison.Ordinal)).ToList();

        Assert.Equal(69, model.Tensors.Count);
        Assert.NotEmpty(weights);
        foreach (var key in weights)
        {
            var name = key["dequant.".Length..];
            Assert.Equal(SafetensorsDtype.F8E4M3, model.Find(name).Dtype);
            using var quantised = model.ReadTensor(name);
            using var scale = model.ReadTensor(name + "_scale_inv"); // one per block of 128 by 128
            using var wanted = expected.ReadTensor(key);
            using var perElement = scale.repeat_interleave(128, 0).narrow(0, 0, quantised.shape[0]).repeat_interleave(128, 1).narrow(1, 0,
                quantised.shape[1]);
            using var found = quantised.to(ScalarType.Float32).mul(perElement);
            Assert.True(found.eq(wanted).all().item<bool>(), key);
        }
    }

    [Fact]
    public void ReadTensor_PlainCheckpoint_LooksUpTheExpectedEmbeddings()
    {
        using var model = Open("deepseek_v3_a_basic", "model.safetensors");
        using var expected = Open("deepseek_v3_a_basic", "expected.safetensors");
        using var ids = expected.ReadTensor("input_ids"); // [B, T]
        using var table = model.ReadTensor("model.embed_tokens.weight");
        using var wanted = expected.ReadTensor("hidden.embed"); // [B, T, D]

        using var found = table.index_select(0, ids.flatten()).reshape(wanted.shape);

        Assert.Equal(91, model.Tensors.Count);
        Assert.True(found.eq(wanted).all().item<bool>());
    }

    [Theory]
    [InlineData("deepseek_v3_a_basic")]
    [InlineData("deepseek_v3_d_fp8_checkpoint")]
    public void Write_EverythingReadFromAGoldenFile_ReadsBackBitForBit(string golden)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var original = Open(golden, "model.safetensors");
        var path = folder.At("copy.safetensors");

        SafetensorsWriter.Write(path, [.. original.Tensors.Keys.Select(n => (n, original.ReadTensor(n)))], original.Metadata);

        using var copy = SafetensorsFile.Open(path);
        Assert.Equal(JsonSerializer.Serialize(original.Metadata), JsonSerializer.Serialize(copy.Metadata));
        Assert.Equal(original.Tensors.Keys.Order(StringComparer.Ordinal), copy.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var entry in original.Tensors.Values)
        {
            Assert.Equal(entry.Describe(), copy.Find(entry.Name).Describe());
            using var first = TensorHash.New();
            using var second = TensorHash.New();
            Assert.Equal(original.Hash(entry.Name, first), copy.Hash(entry.Name, second));
        }
    }

    private static SafetensorsFile Open(string golden, string file) =>
        SafetensorsFile.Open(Path.Combine(Folder(), golden, file));

    private static string Folder()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Distributed.sln"))) root = root.Parent;
        return Path.Combine(root!.FullName, "tests", "golden");
    }
}
