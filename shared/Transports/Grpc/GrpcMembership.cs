using System.Net;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Transports.Grpc.Frames;

namespace Distributed.Transports.Grpc;

/// <summary>A group of some ranks of the world.</summary>
/// <param name="Name">Name of the group; a rank uses a name once.</param>
/// <param name="Ranks">
/// Different world ranks; the index in the list is the rank within the group. Every member must list the group with the same name and
/// order.
/// </param>
public sealed record RankSubset(string Name, IReadOnlyList<int> Ranks);

/// <summary>The rank of a server in an epoch of a group, and the addresses of all ranks.</summary>
public sealed record GrpcMembership
{
    /// <summary>Job, group and epoch of the world; frames of any other are refused.</summary>
    public required GroupEpoch Identity { get; init; }

    /// <summary>World rank of this rank, in [0, number of addresses).</summary>
    public required int Rank { get; init; }

    /// <summary>
    /// The <see cref="GrpcExchangeServer.Address"/> of every rank, by rank; at least one. <c>http</c> for loopback addresses only.
    /// </summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>The groups that this rank belongs to besides the world.</summary>
    public IReadOnlyList<RankSubset> Groups { get; init; } = [];

    /// <summary>Returns all errors in the membership; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Identity.Job.Value)) yield return $"The job id of {nameof(Identity)} is empty.";
        if (Addresses.Count is < 1 or > WireLimits.MaxRanks)
            yield return $"{nameof(Addresses)} has {Addresses.Count} addresses; give one for each rank, 1 to {WireLimits.MaxRanks}.";
        if (Rank < 0 || Rank >= Addresses.Count) yield return $"{nameof(Rank)} is {Rank}; it must be in [0, {Addresses.Count}).";
        foreach (var (rank, address) in Addresses.Index())
        {
            if (rank != Rank && !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsLoopback(address))))
                yield return $"Rank {rank} is at {address}; an address must be https, or http on the loopback interface.";
        }

        foreach (var name in Groups.GroupBy(group => group.Name).Where(same => same.Count() > 1))
            yield return $"Two groups are named {name.Key}.";
        foreach (var group in Groups)
        {
            if (group.Ranks.Distinct().Count() != group.Ranks.Count || group.Ranks.Any(rank => rank < 0 || rank >= Addresses.Count))
                yield return $"The ranks of group {group.Name} ({string.Join(", ", group.Ranks)}) must be different ranks of the world.";
            if (!group.Ranks.Contains(Rank)) yield return $"Group {group.Name} must contain rank {Rank}.";
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
