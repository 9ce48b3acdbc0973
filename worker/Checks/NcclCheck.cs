using Distributed.Transports;
using Distributed.Transports.Nccl;
using Distributed.Worker.Hosting;

namespace Distributed.Worker.Checks;

/// <summary>Tests the exchange over NCCL between the first two GPUs; with one GPU, a collective on that one.</summary>
internal static class NcclCheck
{
    private const string Name = "nccl";
    private const int Values = 4 << 20;

    public static TransportCheck Run(NcclFiles files)
    {
        var machine = new NcclMachine(files);
        var offer = machine.Offer;
        if (offer.Problem.Length > 0) return new TransportCheck(Name, null, offer.Problem);
        try
        {
            return offer.Devices.Count == 1 ? OfOne(machine.Library!, files) : OfTwo(machine.Library!, files);
        }
        catch (Exception failed) when (failed is NcclException or NcclLibraryException or ExchangeAbortedException or TimeoutException)
        {
            return new TransportCheck(Name, null, failed.Message);
        }
    }

    private static TransportCheck OfTwo(NcclLibrary library, NcclFiles files)
    {
        var (id, fences) = (library.CreateUniqueId(), LocalNcclFence.Create(2));
        return ExchangeCheck.OfTwo(Name, rank => Connect(library, id, rank, 2, fences[rank], files));
    }

    private static unsafe TransportCheck OfOne(NcclLibrary library, NcclFiles files)
    {
        using var exchange = Connect(library, library.CreateUniqueId(), 0, 1, LocalNcclFence.Create(1)[0], files);
        var collectives = new NcclCollectives(exchange, epoch: 1);
        var values = new float[Values];
        fixed (float* first = values)
        {
            var address = (nint)first;
            var seconds = Timing.Best(() => collectives.AllReduce(address, Values, NcclDataType.Float32));
            return new TransportCheck(Name, Values * sizeof(float) / seconds / 1e9, null, Ranks: 1);
        }
    }

    private static NcclExchange Connect(
        NcclLibrary library, byte[] id, int rank, int size, INcclFence fence, NcclFiles files) => NcclExchange.Connect(
        library, id, rank, size, fence, new ExchangeOptions { Timeout = ExchangeCheck.Timeout }, new CudaDevice(rank, files.CudaRuntime),
        connectTimeout: TimeSpan.FromMinutes(1));
}
