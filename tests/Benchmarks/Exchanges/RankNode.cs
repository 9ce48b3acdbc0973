using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Transports;
using Distributed.Transports.Grpc;
using Distributed.Transports.Nccl;
using Distributed.Worker.Hosting;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>A rank's node of the exchange over gRPC, and the addresses of all; ranks tell each other by files. It lasts as long as the process.</summary>
internal sealed class RankNode
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly (string Folder, string Name, int Rank, int Ranks) _place;
    private readonly GrpcNode _node;
    private readonly Uri[] _addresses;

    /// <summary>Returns when all ranks have come.</summary>
    /// <param name="folder">To meet in.</param>
    /// <param name="name">Of the group.</param>
    /// <param name="rank">This one.</param>
    /// <param name="ranks">How many.</param>
    public RankNode(string folder, string name, int rank, int ranks)
    {
        _place = (folder, name, rank, ranks);
        _node = GrpcNode.StartAsync().GetAwaiter().GetResult();
        Tell($"address-{rank}", _node.Address.ToString());
        _addresses = [.. Enumerable.Range(0, ranks).Select(peer => new Uri(Hear($"address-{peer}")))];
    }

    private GroupEpoch Identity => new(new JobId("benchmark"), _place.Name, 1);

    /// <summary>Over gRPC.</summary>
    public IExchange Grpc() => _node.ConnectAsync(new GrpcMembership { Identity = Identity, Rank = _place.Rank, Addresses = _addresses }).GetAwaiter().GetResult().World;

    /// <summary>Over NCCL, each rank with the GPU of its number; the node is the fence.</summary>
    /// <param name="machine">What this machine has for it.</param>
    public IExchange Nccl(NcclMachine machine)
    {
        var membership = new NcclMembership(Identity, new RankGrid(_place.Ranks, 1), _place.Rank, _addresses);
        return NcclGroups.Connect(_node, membership, _ => Id(machine.Library!), new NcclGroupsOptions { Library = machine.Library!, NewDevice = () => new CudaDevice(_place.Rank, machine.Files.CudaRuntime) }).World;
    }

    private byte[] Id(NcclLibrary library)
    {
        if (_place.Rank == 0) Tell("id", Convert.ToHexString(library.CreateUniqueId()));
        return Convert.FromHexString(Hear("id"));
    }

    private void Tell(string what, string text)
    {
        File.WriteAllText(PathOf(what) + ".partial", text);
        File.Move(PathOf(what) + ".partial", PathOf(what));
    }

    private string Hear(string what) =>
        SpinWait.SpinUntil(() => File.Exists(PathOf(what)), Bound) ? File.ReadAllText(PathOf(what)) : throw new TimeoutException($"{_place.Name}: nobody told {what}.");

    private string PathOf(string what) => Path.Combine(_place.Folder, $"{_place.Name}-{what}");
}
