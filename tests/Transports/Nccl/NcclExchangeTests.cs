using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>The contract over a library with NCCL's interface.</summary>
public class NcclExchangeTests : ExchangeContractTests, IDisposable
{
    private readonly List<NcclExchange> _ends = [];

    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        var ends = TestNccl.Connect(size, options, device: Device);
        _ends.AddRange(ends);
        return ends;
    }

    public void Dispose()
    {
        foreach (var end in _ends) end.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected virtual INcclDevice Device(int rank) => new HostDevice();
}

/// <summary>The contract with buffers that are staged through a device by calls of the CUDA runtime.</summary>
public sealed class CudaNcclExchangeTests : NcclExchangeTests
{
    private protected override INcclDevice Device(int rank) => TestNccl.Cuda(rank);

    [Fact]
    public void Connect_ADeviceThatDoesNotExist_NamesTheRankTheCallAndTheDevice()
    {
        var library = TestNccl.Load();

        var error = Assert.Throws<NcclException>(() => NcclExchange.Connect(
            library, TestNccl.UniqueId(library), 0, 1, LocalNcclFence.Create(1)[0], new ExchangeOptions(), TestNccl.Cuda(9)));

        Assert.Equal("Rank 0: cudaSetDevice on device 9 ended with UnhandledCudaError (1): CUDA error 101, invalid device ordinal",
            error.Message);
    }

    [Fact]
    public void Allocate_MoreThanTheDeviceHas_ReportsTheSize()
    {
        TestNccl.SkipWithoutIt();
        using var device = TestNccl.Cuda(1);
        device.Open();

        var error = Assert.Throws<NcclException>(() => device.Allocate(1L << 41));

        Assert.Equal("cudaMalloc of 2199023255552 bytes on device 1 ended with UnhandledCudaError (1): CUDA error 2, out of memory",
            error.Message);
    }
}
