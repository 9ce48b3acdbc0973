using System.Text;
using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>The library with NCCL's interface that is built next to the tests, and groups over it.</summary>
internal static class TestNccl
{
    private const int FaultAt = 64; // after the name in the unique id

    public static string File => FileOf("libtestnccl.so");

    public static NcclLibrary Load()
    {
        SkipWithoutIt();
        return NcclLibrary.Load(File);
    }

    public static string FileOf(string name) => Path.Combine(AppContext.BaseDirectory, "testnccl", name);

    public static void SkipWithoutIt() =>
        Assert.SkipUnless(System.IO.File.Exists(File), "The library for these tests was not built: there is no C compiler (cc).");

    /// <summary>Creates an id. The fault <c>1 ncclSend 3 6</c> makes the third call of ncclSend on rank 1 end with result 6.</summary>
    public static byte[] UniqueId(NcclLibrary library, string? fault = null)
    {
        var id = library.CreateUniqueId();
        if (fault is not null) Encoding.ASCII.GetBytes(fault).CopyTo(id, FaultAt);
        return id;
    }

    /// <summary>Creates a device of the test library that has the interface of the CUDA runtime.</summary>
    public static CudaDevice Cuda(int index) => new(index, FileOf("libtestcudart.so"));

    /// <summary>Connects all ranks of a group whose ranks are threads.</summary>
    public static NcclExchange[] Connect(
        int size, ExchangeOptions? options = null, string? fault = null, Func<int, INcclDevice>? device = null)
    {
        var library = Load();
        var id = UniqueId(library, fault);
        var fences = LocalNcclFence.Create(size);
        var ends = new NcclExchange[size];
        RankThreads.Run(size, rank => ends[rank] = NcclExchange.Connect(
            library, id, rank, size, fences[rank], options ?? new ExchangeOptions(), device?.Invoke(rank) ?? new HostDevice(),
            TimeSpan.FromSeconds(50)));
        return ends;
    }
}
