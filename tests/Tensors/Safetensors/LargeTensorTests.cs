using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Safetensors;

/// <summary>Needs 5 GB of memory and 2.2 GB of disk, so it runs only on request.</summary>
public sealed class LargeTensorTests
{
    [Fact]
    public void Write_TensorLargerThanTwoGibibytes_ReadsBack()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("LARGE_TENSORS") == "1", "set LARGE_TENSORS=1 to write and read a tensor of 2.2 GB");
        using var folder = new TemporaryFolder();
        const long rows = 2_200_000, width = 1000;
        using var stored = arange(rows, dtype: ScalarType.Int64).remainder(127).to(ScalarType.Int8).unsqueeze(1)
            .expand(rows, width).contiguous();
        var path = folder.At("large.safetensors");

        var written = SafetensorsWriter.Write(path, [("x", stored)]);

        using var file = SafetensorsFile.Open(path);
        using var read = file.ReadTensor("x");
        Assert.Equal(rows * width, written[0].Entry.Length);
        using var hash = TensorHash.New();
        Assert.Equal(written[0].Hash, file.Hash("x", hash));
        Assert.True(read.eq(stored).all().item<bool>());
    }
}
