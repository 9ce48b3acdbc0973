using Distributed.Planning;
using Distributed.Transports.Nccl;
using Distributed.Transports.Tests.Grpc;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>Ranks as threads of one process, with the fence of ranks that are processes, over a library with NCCL's interface and a stand-in for CUDA's runtime.</summary>
internal sealed class NcclWorld(GrpcWorld nodes, RankGrid grid, NcclLibrary library) : IAsyncDisposable
{
    private readonly TaskCompletionSource<byte[]> _id = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RankGroups[] Groups { get; } = new RankGroups[grid.World];

    public static async Task<NcclWorld> StartAsync(RankGrid grid)
    {
        var library = TestNccl.Load();
        return new NcclWorld(await GrpcWorld.StartAsync(grid.World), grid, library);
    }

    /// <summary>Connects a rank; rank 0 makes the id, unless nobody is to. A rank may hold back from the communicator, once the fence stands.</summary>
    public RankGroups Connect(int rank, bool withId = true, CancellationToken cancellation = default, bool holdsBack = false) => Groups[rank] = NcclGroups.Connect(
        nodes.Nodes[rank], new NcclMembership(GrpcWorld.Identity, grid, rank, nodes.Addresses), over => Id(rank, withId, holdsBack, over),
        new NcclGroupsOptions { Library = library, NewDevice = () => TestNccl.Cuda(rank), Exchange = new ExchangeOptions { Timeout = TimeSpan.FromSeconds(50) } }, cancellation);

    public void Connect() => RankThreads.Run(grid.World, rank => Connect(rank));

    public async ValueTask DisposeAsync()
    {
        foreach (var groups in Groups) groups?.Dispose();
        await nodes.DisposeAsync();
    }

    private byte[] Id(int rank, bool withId, bool holdsBack, CancellationToken over)
    {
        if (holdsBack) Task.Delay(Timeout.Infinite, over).GetAwaiter().GetResult();
        if (rank == 0 && withId) _id.SetResult(library.CreateUniqueId());
        return _id.Task.WaitAsync(over).GetAwaiter().GetResult();
    }
}
