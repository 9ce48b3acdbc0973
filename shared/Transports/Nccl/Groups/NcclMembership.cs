using Distributed.Planning;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Nccl;

/// <summary>Who connects with whom.</summary>
/// <param name="Identity">Job, group and epoch; the same on every rank, and never used twice.</param>
/// <param name="Grid">How the world is divided.</param>
/// <param name="Rank">In [0, <see cref="RankGrid.World"/>).</param>
/// <param name="Addresses">Where each rank's node is reached, by rank.</param>
public sealed record NcclMembership(GroupEpoch Identity, RankGrid Grid, int Rank, IReadOnlyList<Uri> Addresses);
