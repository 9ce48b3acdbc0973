using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.Nccl;
using Distributed.Worker.Hosting;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>
/// A rank's server of the exchange over gRPC, and the addresses of all ranks, which are exchanged through files. The server lasts as long
/// as the process.
/// </summary>
internal sealed class RankServer
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly (string Folder, string Name, int Rank, int Ranks) _group;
    private readonly GrpcExchangeServer _server;
    private readonly Uri[] _addresses;

    /// <summary>Starts the server and returns when all ranks have published their addresses.</summary>
    /// <param name="folder">Folder through which the ranks exchange their addresses.</param>
    /// <param name="name">Name of the group.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="ranks">Number of ranks.</param>
    public RankServer(string folder, string name, int rank, int ranks)
    {
        _group = (folder, name, rank, ranks);
        _server = GrpcExchangeServer.StartAsync().GetAwaiter().GetResult();
        Publish($"address-{rank}", _server.Address.ToString());
        _addresses = [.. Enumerable.Range(0, ranks).Select(peer => new Uri(WaitFor($"address-{peer}")))];
    }

    private GroupEpoch Identity => new(new JobId("benchmark"), _group.Name, 1);

    /// <summary>Connects the exchange over gRPC.</summary>
    public IExchange Grpc() => _server.ConnectAsync(new GrpcMembership { Identity = Identity, Rank = _group.Rank, Addresses = _addresses })
        .GetAwaiter().GetResult().World;

    /// <summary>Connects the exchange over NCCL, each rank with the GPU of its number; the server provides the fence.</summary>
    /// <param name="machine">NCCL and CUDA of this machine.</param>
    public IExchange Nccl(NcclMachine machine)
    {
        var membership = new NcclMembership(Identity, new RankGrid(_group.Ranks, 1), _group.Rank, _addresses);
        return NcclGroups.Connect(_server, membership, _ => Id(machine.Library!), new NcclGroupsOptions
        {
            Library = machine.Library!, NewDevice = () => new CudaDevice(_group.Rank, machine.Files.CudaRuntime)
        }).World;
    }

    private byte[] Id(NcclLibrary library)
    {
        if (_group.Rank == 0) Publish("id", Convert.ToHexString(library.CreateUniqueId()));
        return Convert.FromHexString(WaitFor("id"));
    }

    private void Publish(string what, string text)
    {
        File.WriteAllText(PathOf(what) + ".partial", text);
        File.Move(PathOf(what) + ".partial", PathOf(what));
    }

    private string WaitFor(string what) =>
        SpinWait.SpinUntil(() => File.Exists(PathOf(what)), Bound)
            ? File.ReadAllText(PathOf(what))
            : throw new TimeoutException($"{_group.Name}: no rank published {what} within {Bound.TotalSeconds} s.");

    private string PathOf(string what) => Path.Combine(_group.Folder, $"{_group.Name}-{what}");
}
