using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>Which libraries are loaded as NCCL, and which are refused.</summary>
public sealed class NcclLibraryTests
{
    [Fact]
    public void Load_ASupportedVersion_HasItsVersionAndFile()
    {
        var library = TestNccl.Load();

        Assert.Equal(new NcclVersion(2, 27, 3), library.Version);
        Assert.Equal(TestNccl.File, library.File);
    }

    [Fact]
    public void Load_AnOlderVersion_IsRefusedNamingBothAndTheFile()
    {
        TestNccl.SkipWithoutIt();
        var file = TestNccl.FileOf("libtestnccl-old.so");

        var error = Assert.Throws<NcclLibraryException>(() => NcclLibrary.Load(file));

        Assert.Equal($"NCCL in {file} is version 2.17.5. Install version 2.18.0 or later.", error.Message);
    }

    [Fact]
    public void Load_AFunctionIsMissing_NamesItAndTheFile()
    {
        TestNccl.SkipWithoutIt();
        var file = TestNccl.FileOf("libtestnccl-without-recv.so");

        var error = Assert.Throws<NcclLibraryException>(() => NcclLibrary.Load(file));

        Assert.Equal($"NCCL, {file}, has no symbol ncclRecv.", error.Message);
    }

    [Fact]
    public void Load_NoSuchFile_NamesTheFile()
    {
        var error = Assert.Throws<NcclLibraryException>(() => NcclLibrary.Load("/no/such/libnccl.so"));

        Assert.Contains("looked for /no/such/libnccl.so", error.Message);
        Assert.Contains("LD_LIBRARY_PATH", error.Message);
    }

    [Fact]
    public void CudaDevice_NoSuchRuntime_NamesTheFile()
    {
        var error = Assert.Throws<NcclLibraryException>(() => new CudaDevice(0, "/no/such/libcudart.so"));

        Assert.StartsWith("CUDA's runtime was not found: the loader looked for /no/such/libcudart.so", error.Message);
    }

    [Fact]
    public void CreateUniqueId_Twice_ReturnsDifferentIds()
    {
        var library = TestNccl.Load();

        var (first, second) = (library.CreateUniqueId(), library.CreateUniqueId());

        Assert.Equal(NcclLibrary.UniqueIdBytes, first.Length);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(2708, 2, 7, 8)]
    [InlineData(21800, 2, 18, 0)]
    [InlineData(22703, 2, 27, 3)]
    [InlineData(30001, 3, 0, 1)]
    public void Version_OfItsCode_IsReadAndWrittenBack(int code, int major, int minor, int patch)
    {
        var version = NcclVersion.OfCode(code);

        Assert.Equal(new NcclVersion(major, minor, patch), version);
        Assert.Equal(code, version.Code);
        Assert.Equal(code >= 21800, version.CompareTo(NcclVersion.Oldest) >= 0);
    }
}
