using System.Buffers.Binary;
using System.Text;
using Distributed.Tensors.Safetensors;

namespace Distributed.Tensors.Tests.Safetensors;

public sealed class SafetensorsHeaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""[]""", "must be a JSON object")]
    [InlineData(""" {}""", "must be a JSON object")]
    [InlineData("""{""", "not valid JSON")]
    [InlineData("""{}{}""", "not valid JSON")]
    [InlineData("""{"x":3}""", "tensor 'x': expected an object")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__ must be an object of strings")]
    [InlineData("""{"__metadata__":{"a":1}}""", "__metadata__ 'a' must be a string, found Number")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "__metadata__ names 'a' twice")]
    [InlineData("""{"x":{"shape":[4],"data_offsets":[0,4]}}""", "tensor 'x': dtype is missing")]
    [InlineData("""{"x":{"dtype":"U8","data_offsets":[0,4]}}""", "tensor 'x': shape is missing")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4]}}""", "tensor 'x': data_offsets must be [begin, end]")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0]}}""", "tensor 'x': data_offsets must be [begin, end]")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,2,4]}}""", "tensor 'x': data_offsets has more than 2")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"extra":1}}""", "tensor 'x': unknown key 'extra'")]
    [InlineData("""{"x":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}}""", "tensor 'x': dtype is given twice")]
    [InlineData("""{"x":{"dtype":"F4","shape":[4],"data_offsets":[0,4]}}""", "tensor 'x': dtype 'F4' is not known; known are F64, F32")]
    [InlineData("""{"x":{"dtype":"u8","shape":[4],"data_offsets":[0,4]}}""", "tensor 'x': dtype 'u8' is not known")]
    [InlineData("""{"x":{"dtype":8,"shape":[4],"data_offsets":[0,4]}}""", "tensor 'x': dtype must be a string")]
    [InlineData("""{"x":{"dtype":"U8","shape":4,"data_offsets":[0,4]}}""", "tensor 'x': shape must be an array")]
    [InlineData(
        """{"x":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}""", "tensor 'x': shape must hold integers of 0 to 2^63-1, found -4")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}""", "found 4.0")]
    [InlineData("""{"x":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}}""", "found String")]
    [InlineData("""{"x":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4]}}""", "found 9223372036854775808")]
    [InlineData("""{"x":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}""", "tensor 'x': data_offsets must not decrease, found [4, 0]")]
    [InlineData("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}""", "tensor 'x': U8 [3] needs 3 bytes, its data_offsets span 4")]
    [InlineData("""{"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", "it is truncated, or its header damaged")]
    [InlineData("""{"x":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", "needs more than 2^63 bytes")]
    [InlineData("""{"x":{"dtype":"F64","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", "needs more than 2^63 bytes")]
    [InlineData("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}""", "tensor 'x': its data begins at 1 and leaves a gap")]
    [InlineData(
        """{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""",
        "tensor 'y': its data begins at 2 and overlaps")]
    [InlineData("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "1 byte at its end belongs to no tensor")]
    [InlineData("""{}""", "4 bytes at its end belong to no tensor")]
    [InlineData(
        """{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""",
        "tensor 'x': the header names it twice")]
    [InlineData(
        """{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0078":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""",
        "tensor 'x': the header names it twice")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", "not valid JSON")]
    [InlineData(
        """{"x":{"dtype":"U8","shape":[4],"data_offsets":[9223372036854775807,9223372036854775807]}}""",
        "truncated, or its header damaged")]
    public void Open_MalformedHeader_ReportsTheDefect(string header, string message)
    {
        var error = Refusal(HandMade.Bytes(header, HandMade.Ramp(4)));

        Assert.Contains(message, error.Message);
        Assert.StartsWith(_folder.At("bad.safetensors"), error.Message);
    }

    [Fact]
    public void Open_MoreDimensionsThanLibtorchHas_IsRefused()
    {
        var shape = string.Join(",", Enumerable.Repeat("1", 65));

        var error = Refusal(HandMade.Bytes($$$"""{"x":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", [0]));

        Assert.Contains("shape has more than 64", error.Message);
    }

    [Fact]
    public void Open_BrokenUtf8InAName_IsRefused() =>
        Assert.Contains("not valid JSON", Refusal(HandMade.Bytes([.. "{\""u8, 0xff, .. "\":{}}"u8], [])).Message);

    [Theory]
    [InlineData(0UL, "must be a JSON object")]
    [InlineData(41UL, "only 40 follow")]
    [InlineData(100_000_000UL, "only 40 follow")]
    [InlineData(100_000_001UL, "the format allows 100000000")]
    [InlineData(0xffff_ffff_ffff_ffffUL, "the format allows 100000000")]
    public void Open_ImpossibleHeaderLength_IsRefusedBeforeAnythingIsAllocated(ulong length, string message)
    {
        var bytes = new byte[48];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);

        Assert.Contains(message, Refusal(bytes).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_ShorterThanItsLengthField_IsRefused(int length) =>
        Assert.Contains($"the file has {length} bytes", Refusal(new byte[length]).Message);

    [Fact]
    public void Open_NoTensorsAndTrailingBlanks_IsEmpty()
    {
        var path = _folder.At("empty.safetensors");
        File.WriteAllBytes(path, HandMade.Bytes("{}      ", []));

        using var file = SafetensorsFile.Open(path);

        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Open_EmptyTensorsBetweenOthers_AreNeitherGapsNorOverlaps()
    {
        var header = new StringBuilder("{")
            .Append("""  "b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},""")
            .Append("""  "none":{"dtype":"F32","shape":[3,0],"data_offsets":[2,2]},""")
            .Append("""  "a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},""")
            .Append("""  "last":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""").ToString();
        var path = _folder.At("gaps.safetensors");
        File.WriteAllBytes(path, HandMade.Bytes(header, HandMade.Ramp(4)));

        using var file = SafetensorsFile.Open(path);
        using var none = file.ReadTensor("none");

        Assert.Equal(["a", "none", "b", "last"], file.Tensors.Keys);
        Assert.Equal([3L, 0L], none.shape);
    }

    private SafetensorsException Refusal(byte[] bytes)
    {
        var path = _folder.At("bad.safetensors");
        File.WriteAllBytes(path, bytes);
        return Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
    }
}
