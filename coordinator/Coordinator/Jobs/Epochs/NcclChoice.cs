using Distributed.Coordinator.Jobs.Groups;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>Assigns GPUs to the members of a group for an exchange over NCCL.</summary>
internal static class NcclChoice
{
    private const int Unassigned = -1;

    /// <summary>Assigns a different GPU to each member; null if that is not possible.</summary>
    /// <param name="members">The members, in order of rank.</param>
    /// <param name="problem">Why the assignment is not possible, with the name of a member; null if it is.</param>
    public static NcclExchange? Of(IReadOnlyList<Member> members, out string? problem)
    {
        problem = members.Select(Lack).FirstOrDefault(lack => lack is not null);
        if (problem is not null) return null;
        var taken = new Dictionary<string, int>(); // rank by GPU
        for (var rank = 0; rank < members.Count; rank++)
        {
            if (TryAssign(members, rank, taken, visited: [])) continue;
            problem = $"{members[rank].Id.Name} has no GPU of its own for NCCL: "
                + $"other workers need all GPUs that it can use ({string.Join(", ", members[rank].Hello.Nccl.Devices)})";
            return null;
        }

        return new NcclExchange
        {
            Addresses = { members.Select(member => member.Hello.ExchangeAddress) },
            Devices =
            {
                members.Select((member, rank) =>
                    member.Hello.Nccl.Devices.Index().First(device => taken.GetValueOrDefault(device.Item, Unassigned) == rank).Index)
            },
        };
    }

    private static string? Lack(Member member) => member.Hello switch
    {
        { Nccl: null } => $"{member.Id.Name} does not support NCCL: it is older than the coordinator or is not a separate process",
        { Nccl: { Problem.Length: > 0 } offer } => $"{member.Id.Name} cannot exchange over NCCL: {offer.Problem}",
        { Nccl.Devices.Count: 0 } => $"{member.Id.Name} has no GPU for NCCL",
        { ExchangeAddress.Length: 0 } =>
            $"{member.Id.Name} does not serve the exchange over gRPC, which NCCL groups need to propagate aborts",
        _ => null,
    };

    // Takes the first GPU that is free, or one whose current rank can take another (augmenting paths of a bipartite matching).
    private static bool TryAssign(IReadOnlyList<Member> members, int rank, Dictionary<string, int> taken, HashSet<string> visited)
    {
        var devices = members[rank].Hello.Nccl.Devices;
        var found = devices.FirstOrDefault(device => !taken.ContainsKey(device))
            ?? devices.FirstOrDefault(device => visited.Add(device) && TryAssign(members, taken[device], taken, visited));
        if (found is not null) taken[found] = rank;
        return found is not null;
    }
}
