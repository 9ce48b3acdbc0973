using Distributed.Planning;
using Distributed.Transports.Nccl;
using Distributed.Transports.Tests.Grpc;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>
/// Ranks as threads of one process, with the fence that ranks in processes use, over a library with NCCL's interface and a stand-in for the
/// CUDA runtime.
/// </summary>
internal sealed class NcclWorld(GrpcWorld servers, RankGrid grid, NcclLibrary library) : IAsyncDisposable
{
    private readonly TaskCompletionSource<byte[]> _id = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RankGroups[] Groups { get; } = new RankGroups[grid.World];

    public static async Task<NcclWorld> StartAsync(RankGrid grid)
    {
        var library = TestNccl.Load();
        return new NcclWorld(await GrpcWorld.StartAsync(grid.World), grid, library);
    }

    /// <summary>Counts the ranks that have not received the id yet.</summary>
    public CountdownEvent WithoutId { get; } = new(grid.World);

    /// <summary>Connects a rank.</summary>
    /// <param name="rank">World rank.</param>
    /// <param name="withId">Whether rank 0 creates the id; otherwise no rank does.</param>
    /// <param name="onceFenced">Called once the fence is connected, before the rank waits for the id; null for nothing.</param>
    /// <param name="cancellation">Stops connecting.</param>
    public RankGroups Connect(int rank, bool withId = true, Action? onceFenced = null,
        CancellationToken cancellation = default) => Groups[rank] = NcclGroups.Connect(
        servers.Servers[rank], new NcclMembership(GrpcWorld.Identity, grid, rank, servers.Addresses),
        fenced => Id(rank, withId, onceFenced, fenced),
        new NcclGroupsOptions
        {
            Library = library, NewDevice = () => TestNccl.Cuda(rank), Exchange = new ExchangeOptions { Timeout = TimeSpan.FromSeconds(50) }
        }, cancellation);

    public void Connect() => RankThreads.Run(grid.World, rank => Connect(rank));

    public async ValueTask DisposeAsync()
    {
        foreach (var groups in Groups) groups?.Dispose();
        WithoutId.Dispose();
        await servers.DisposeAsync();
    }

    private byte[] Id(int rank, bool withId, Action? onceFenced, CancellationToken fenced)
    {
        onceFenced?.Invoke();
        if (rank == 0 && withId) _id.SetResult(library.CreateUniqueId());
        var id = _id.Task.WaitAsync(fenced).GetAwaiter().GetResult();
        WithoutId.Signal();
        return id;
    }
}
