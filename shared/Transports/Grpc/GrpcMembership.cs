using System.Net;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc;

/// <summary>Some of the world's ranks that exchange among themselves.</summary>
/// <param name="Name">Not twice on a rank.</param>
/// <param name="Ranks">Of the world, each once; their places are the ranks within the group. Every one of them must belong to it by the same name and order.</param>
public sealed record RankSubset(string Name, IReadOnlyList<int> Ranks);

/// <summary>Which rank of which epoch of a group a node is to be, and where the others are.</summary>
public sealed record GrpcMembership
{
    /// <summary>The world's job, group and epoch; frames of any other are refused.</summary>
    public required GroupEpoch Identity { get; init; }

    /// <summary>This rank, in [0, number of addresses).</summary>
    public required int Rank { get; init; }

    /// <summary>Every rank's <see cref="GrpcNode.Address"/>, by rank; at least one. <c>http</c> to loopback only.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The groups that this rank belongs to besides the world.</summary>
    public IReadOnlyList<RankSubset> Groups { get; init; } = [];

    /// <summary>Everything that is wrong with it; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Identity.Job.Value)) yield return "The job has no id.";
        if (Addresses.Count is < 1 or > WireLimits.MaxRanks) yield return $"There are {Addresses.Count} addresses; there must be one for each rank, 1 to {WireLimits.MaxRanks}.";
        if (Rank < 0 || Rank >= Addresses.Count) yield return $"{nameof(Rank)} is {Rank}; it must be in [0, {Addresses.Count}).";
        foreach (var (rank, address) in Addresses.Index())
        {
            if (rank != Rank && !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsLoopback(address))))
                yield return $"Rank {rank} is at {address}; an address is https, or http on the loopback interface.";
        }

        foreach (var name in Groups.GroupBy(group => group.Name).Where(same => same.Count() > 1)) yield return $"Two groups are called {name.Key}.";
        foreach (var group in Groups)
        {
            if (group.Ranks.Distinct().Count() != group.Ranks.Count || group.Ranks.Any(rank => rank < 0 || rank >= Addresses.Count))
                yield return $"The ranks of {group.Name}, {string.Join(", ", group.Ranks)}, are not ranks of the world, each once.";
            if (!group.Ranks.Contains(Rank)) yield return $"Rank {Rank} does not belong to {group.Name}.";
        }
    }

    internal ExchangeHello ToHello()
    {
        var hello = new ExchangeHello { Version = WireLimits.Version, Identity = Identity.At(0), Rank = Rank, Size = Addresses.Count };
        hello.Groups.AddRange(Groups.Select(group => new ExchangeGroup { Name = group.Name, Ranks = { group.Ranks } }));
        return hello;
    }

    private static bool IsLoopback(Uri address) =>
        address.IsLoopback || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
