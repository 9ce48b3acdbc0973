using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Nccl;

/// <summary>The rank of this process in an epoch of a group, and the addresses of all ranks.</summary>
/// <param name="Identity">Job, group and epoch, the same on every rank; never used twice.</param>
/// <param name="Grid">Shape of the world.</param>
/// <param name="Rank">World rank of this process, in [0, <see cref="RankGrid.World"/>).</param>
/// <param name="Addresses">Address of each rank's server, by rank.</param>
public sealed record NcclMembership(GroupEpoch Identity, RankGrid Grid, int Rank, IReadOnlyList<Uri> Addresses);
