using System.IO.Hashing;
using System.Text;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Dtypes => [.. SafetensorsDtype.All.Select(d => d.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_SmallFile_HasExactlyTheFormatsBytes()
    {
        var path = _folder.At("small.safetensors");
        using var b = tensor(new byte[] { 7, 8 });
        using var a = tensor(new[] { 1f });

        SafetensorsWriter.Write(path, [("b", b), ("a", a)], new Dictionary<string, string> { ["z"] = "2", ["format"] = "pt" });

        const string header =
            """{"__metadata__":{"format":"pt","z":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":"""
            + """{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        Assert.Equal(HandMade.Bytes(padded, [0, 0, 0x80, 0x3f, 7, 8]), File.ReadAllBytes(path));
    }

    [Theory]
    [MemberData(nameof(Dtypes))]
    public void Write_ThenRead_IsTheSameInEveryDtype(string name)
    {
        var dtype = SafetensorsDtype.Find(name)!;
        using var stored = empty([3, 5], dtype: dtype.Scalar);
        var pattern = dtype == SafetensorsDtype.Bool
            ? [.. HandMade.Ramp(15).Select(b => (byte)(b % 2))] : HandMade.Ramp(15 * dtype.ItemSize);
        pattern.CopyTo(stored.bytes);
        using var none = empty([0], dtype: dtype.Scalar);
        using var scalar = empty([], dtype: dtype.Scalar);
        pattern.AsSpan(0, dtype.ItemSize).CopyTo(scalar.bytes);
        var path = _folder.At($"{name}.safetensors");

        SafetensorsWriter.Write(path, [("matrix", stored), ("none", none), ("scalar", scalar)]);

        using var file = SafetensorsFile.Open(path);
        using var matrixRead = file.ReadTensor("matrix");
        using var noneRead = file.ReadTensor("none");
        using var scalarRead = file.ReadTensor("scalar");
        Assert.Equal((dtype.Scalar, dtype), (matrixRead.dtype, file.Find("matrix").Dtype));
        Assert.Equal([3L, 5L], matrixRead.shape);
        Assert.Equal(pattern, matrixRead.bytes.ToArray());
        Assert.Equal([0L], noneRead.shape);
        Assert.Empty(scalarRead.shape);
        Assert.Equal(pattern[..dtype.ItemSize], scalarRead.bytes.ToArray());
    }

    [Fact]
    public void Write_Views_StoresTheirElements()
    {
        using var stack = arange(24, dtype: ScalarType.Float32).reshape(2, 3, 4);
        using var expert = stack[1];          // contiguous at an offset
        using var turned = expert.t();        // not contiguous
        using var columns = expert.narrow(1, 1, 2);
        using var leaf = expert.detach().clone().requires_grad_();
        using var same = expert.expand(2, 3, 4);
        var path = _folder.At("views.safetensors");

        SafetensorsWriter.Write(path, [("expert", expert), ("turned", turned), ("columns", columns), ("leaf", leaf), ("same", same)]);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal([12f, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23], Values(file, "expert"));
        Assert.Equal([12f, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23], Values(file, "turned"));
        Assert.Equal([13f, 14, 17, 18, 21, 22], Values(file, "columns"));
        Assert.Equal(Values(file, "expert"), Values(file, "leaf"));
        Assert.Equal([.. Values(file, "expert"), .. Values(file, "expert")], Values(file, "same"));
        Assert.Equal([4, 3], file.Find("turned").Shape);
    }

    [Fact]
    public void Write_Returns_TheEntriesOfTheFileAndTheHashesOfItsBytes()
    {
        using var wide = arange(700_000, dtype: ScalarType.Int64); // several chunks
        using var narrow = ones([3], dtype: ScalarType.Int8);
        using var none = zeros([0, 2]);
        var path = _folder.At("hashes.safetensors");

        var written = SafetensorsWriter.Write(path, [("narrow", narrow), ("wide", wide), ("none", none)]);

        var bytes = File.ReadAllBytes(path);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["wide", "none", "narrow"], written.Select(w => w.Entry.Name));
        foreach (var (entry, hash, isFinite) in written)
        {
            var found = file.Find(entry.Name);
            Assert.Equal((entry.Offset, entry.Length, entry.Dtype), (found.Offset, found.Length, found.Dtype));
            Assert.Equal(0, entry.Offset % entry.Dtype.ItemSize);
            Assert.Equal($"xxh128:{Convert.ToHexStringLower(XxHash128.Hash(bytes.AsSpan((int)entry.Offset, (int)entry.Length)))}", hash);
            using var again = TensorHash.Like(hash);
            Assert.Equal(hash, file.Hash(entry.Name, again));
            Assert.True(isFinite);
        }
    }

    [Fact]
    public void Write_AnyOrderOfTensors_GivesTheSameBytes()
    {
        using var a = ones(3);
        using var b = zeros(2, dtype: ScalarType.BFloat16);
        using var c = ones(2);

        SafetensorsWriter.Write(_folder.At("1"), [("a", a), ("b", b), ("c", c)]);
        SafetensorsWriter.Write(_folder.At("2"), [("c", c), ("b", b), ("a", a)]);

        Assert.Equal(File.ReadAllBytes(_folder.At("1")), File.ReadAllBytes(_folder.At("2")));
    }

    [Fact]
    public void Write_NamesWithCharactersThatJsonEscapes_ReadBack()
    {
        string[] names = ["a\"b", "back\\slash", "line\nbreak", "снег ❄ 𝄞", "", "with 'quotes' + <angle>", "tab\t\u0001"];
        using var one = ones(1);
        var path = _folder.At("names.safetensors");

        SafetensorsWriter.Write(path, [.. names.Select(n => (n, one))]);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(names.Order(StringComparer.Ordinal), file.Tensors.Keys);
    }

    [Fact]
    public void Write_NothingAtAll_IsAValidFile()
    {
        var path = _folder.At("none.safetensors");

        SafetensorsWriter.Write(path, []);

        using var file = SafetensorsFile.Open(path);
        Assert.Empty(file.Tensors);
        Assert.Equal(Encoding.ASCII.GetBytes("{}      "), File.ReadAllBytes(path)[8..]);
    }

    [Fact]
    public void Write_NameTwiceOrReserved_IsRefusedAndLeavesNothing()
    {
        using var one = ones(1);

        var twice = Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Write(_folder.At("x"), [("w", one), ("w", one)]));
        var reserved = Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Write(_folder.At("x"), [("__metadata__", one)]));

        Assert.Contains("tensor 'w': is given twice", twice.Message);
        Assert.Contains("reserves this name", reserved.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_UnsupportedDtype_IsNamed()
    {
        using var complex = zeros([1], dtype: ScalarType.ComplexFloat64);

        var error = Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Write(_folder.At("x"), [("c", complex)]));

        Assert.Contains("tensor 'c': the format has no type for ComplexFloat64", error.Message);
    }

    [Fact]
    public void Write_DiskFull_KeepsThePreviousFileAndNoPartialOne()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full, a device that is always full");
        var path = _folder.At("model.safetensors");
        using var one = ones(1000);
        SafetensorsWriter.Write(path, [("w", one)]);
        var before = File.ReadAllBytes(path);
        File.CreateSymbolicLink(path + Distributed.Tensors.Files.DiskWriter.PartialSuffix, "/dev/full");

        Assert.Throws<IOException>(() => SafetensorsWriter.Write(path, [("other", one)]));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static float[] Values(SafetensorsFile file, string name)
    {
        using var tensor = file.ReadTensor(name);
        return tensor.data<float>().ToArray();
    }
}
