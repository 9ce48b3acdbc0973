using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private const string TwoTensors =
        """{"__metadata__":{"format":"pt"},"late":{"dtype":"I16","shape":[2,3],"data_offsets":[8,20]},"early":"""
        + """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_HandMadeFile_ListsTensorsInFileOrderWithAbsoluteOffsets()
    {
        using var file = Open(TwoTensors, HandMade.Ramp(20));

        var dataStart = 8 + TwoTensors.Length;
        Assert.Equal(["early", "late"], file.Tensors.Keys);
        Assert.Equal((dataStart, 8), (file.Find("early").Offset, file.Find("early").Length));
        Assert.Equal((dataStart + 8, 12), (file.Find("late").Offset, file.Find("late").Length));
        Assert.Equal(SafetensorsDtype.I16, file.Find("late").Dtype);
        Assert.Equal([2, 3], file.Find("late").Shape);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(dataStart + 20, file.Length);
    }

    [Fact]
    public void ReadTensor_HandMadeFile_HasTheValuesOfTheBytes()
    {
        using var file = Open(TwoTensors, [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f), .. Shorts(1, 2, 3, -4, 5, 6)]);

        using var early = file.ReadTensor("early");
        using var late = file.ReadTensor("late");

        Assert.Equal([1.5f, -2f], early.data<float>().ToArray());
        Assert.Equal([2L, 3L], late.shape);
        Assert.Equal(Shorts(1, 2, 3, -4, 5, 6), late.bytes.ToArray());
    }

    [Fact]
    public void ReadRows_MiddleOfATensor_ReadsJustThose()
    {
        using var file = Open("""{"x":{"dtype":"U8","shape":[5,4],"data_offsets":[0,20]}}""", HandMade.Ramp(20));

        using var rows = file.ReadRows("x", 1, 3);
        using var none = file.ReadRows("x", 5, 5);

        Assert.Equal(HandMade.Ramp(20)[4..12], rows.bytes.ToArray());
        Assert.Equal([0L, 4L], none.shape);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(3, 2)]
    [InlineData(0, 6)]
    [InlineData(long.MaxValue, long.MinValue)]
    public void ReadRows_OutsideTheTensor_IsRefused(long begin, long end)
    {
        using var file = Open("""{"x":{"dtype":"U8","shape":[5,4],"data_offsets":[0,20]}}""", HandMade.Ramp(20));

        var error = Assert.Throws<SafetensorsException>(() => file.ReadRows("x", begin, end));

        Assert.Equal("x", error.Tensor);
        Assert.Contains("it has 5", error.Message);
    }

    [Fact]
    public void ReadBytes_PastTheTensor_IsRefusedEvenInsideTheFile()
    {
        using var file = Open(TwoTensors, HandMade.Ramp(20));
        var entry = file.Find("early");
        var part = new byte[4];

        file.ReadBytes(entry, part, 4);
        Assert.Equal(HandMade.Ramp(20)[4..8], part);
        Assert.Throws<SafetensorsException>(() => file.ReadBytes(entry, part, 5));
        Assert.Throws<SafetensorsException>(() => file.ReadBytes(entry, part, -1));
    }

    [Fact]
    public void ReadInto_StridedView_WritesThroughTheViewOnly()
    {
        using var file = Open("""{"x":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]}}""", [1, 2, 3, 4, 5, 6]);
        using var whole = zeros(3, 4, dtype: ScalarType.Byte);
        using var columns = whole.narrow(1, 1, 2);
        using var view = columns.t(); // [2, 3], not contiguous

        file.ReadInto("x", view);

        Assert.Equal([0, 1, 4, 0, 0, 2, 5, 0, 0, 3, 6, 0], whole.bytes.ToArray());
    }

    [Fact]
    public void ReadInto_OneExpertOfAStack_LeavesTheOthersAlone()
    {
        using var file = Open("""{"x":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}""", [1, 2, 3, 4]);
        using var stack = zeros(3, 2, 2, dtype: ScalarType.Byte);
        using var expert = stack[1];

        file.ReadInto("x", expert);

        Assert.Equal([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0], stack.bytes.ToArray());
    }

    [Fact]
    public void ReadInto_AnotherShapeOrDtype_IsRefusedNamingBoth()
    {
        using var file = Open(TwoTensors, HandMade.Ramp(20));
        using var turned = zeros(3, 2, dtype: ScalarType.Int16);
        using var wider = zeros(2, 3, dtype: ScalarType.Int32);

        var shape = Assert.Throws<SafetensorsException>(() => file.ReadInto("late", turned));
        var dtype = Assert.Throws<SafetensorsException>(() => file.ReadInto("late", wider));

        Assert.Contains("'late': is I16 [2, 3] here, the destination is I16 [3, 2]", shape.Message);
        Assert.Contains("'late': is I16 [2, 3] here, the destination is I32 [2, 3]", dtype.Message);
        Assert.Equal(0, turned.count_nonzero().item<long>());
    }

    [Fact]
    public void ReadTensor_BoolByteOfTwo_IsNamedAsDamage()
    {
        using var file = Open("""{"mask":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}""", [1, 0, 2, 1]);

        var error = Assert.Throws<SafetensorsException>(() => file.ReadTensor("mask"));

        Assert.Contains("tensor 'mask': element 2 is 2", error.Message);
    }

    [Fact]
    public void ReadTensor_UnknownName_IsNamed()
    {
        using var file = Open(TwoTensors, HandMade.Ramp(20));

        Assert.Contains(
            "tensor 'lost\\u001b': is not among the file's 2 tensors",
            Assert.Throws<SafetensorsException>(() => file.ReadTensor("lost\u001b")).Message);
    }

    [Fact]
    public void Open_MissingFile_IsOneError()
    {
        var path = _folder.At("nothing.safetensors");

        var error = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));

        Assert.StartsWith(path + ": cannot be opened", error.Message);
    }

    [Fact]
    public void ReadRows_BeyondFourGibibytes_UsesWholeOffsets()
    {
        // A sparse file: 5 GiB long, a few kilobytes on the disk.
        const long rows = 5L << 20;
        var header = $$$"""{"x":{"dtype":"U8","shape":[{{{rows}}},1024],"data_offsets":[0,{{{rows * 1024}}}]}}""";
        var path = _folder.At("sparse.safetensors");
        using (var stream = File.Create(path))
        {
            stream.Write(HandMade.Bytes(header, []));
            stream.SetLength(8 + header.Length + rows * 1024);
            stream.Position = stream.Length - 1024;
            stream.Write(HandMade.Ramp(1024));
        }

        using var file = SafetensorsFile.Open(path);
        using var last = file.ReadRows("x", rows - 1, rows);

        Assert.Equal(HandMade.Ramp(1024), last.bytes.ToArray());
    }

    private static byte[] Shorts(params short[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private SafetensorsFile Open(string header, byte[] data)
    {
        var path = _folder.At("made.safetensors");
        File.WriteAllBytes(path, HandMade.Bytes(header, data));
        return SafetensorsFile.Open(path);
    }
}
