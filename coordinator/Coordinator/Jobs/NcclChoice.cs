using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Whether the members of a group can exchange over NCCL, and each by which GPU.</summary>
internal static class NcclChoice
{
    private const int Nobody = -1;

    /// <summary>One GPU for each member, no two the same; null where that cannot be.</summary>
    /// <param name="members">By rank.</param>
    /// <param name="problem">Why it cannot be, naming a member; null where it can.</param>
    public static NcclExchange? Of(IReadOnlyList<Member> members, out string? problem)
    {
        problem = members.Select(Lack).FirstOrDefault(lack => lack is not null);
        if (problem is not null) return null;
        var taken = new Dictionary<string, int>(); // by whom, by rank
        for (var rank = 0; rank < members.Count; rank++)
        {
            if (Seat(members, rank, taken, asked: [])) continue;
            problem = $"{members[rank].Id.Name} has no GPU of its own for NCCL: of those that it may use ({string.Join(", ", members[rank].Hello.Nccl.Devices)}), other workers need all";
            return null;
        }

        return new NcclExchange
        {
            Addresses = { members.Select(member => member.Hello.ExchangeAddress) },
            Devices = { members.Select((member, rank) => member.Hello.Nccl.Devices.Index().First(device => taken.GetValueOrDefault(device.Item, Nobody) == rank).Index) },
        };
    }

    private static string? Lack(Member member) => member.Hello switch
    {
        { Nccl: null } => $"{member.Id.Name} knows nothing of NCCL: it is older than its coordinator, or no process of its own",
        { Nccl: { Problem.Length: > 0 } offer } => $"{member.Id.Name} cannot exchange over NCCL: {offer.Problem}",
        { Nccl.Devices.Count: 0 } => $"{member.Id.Name} has no GPU for NCCL",
        { ExchangeAddress.Length: 0 } => $"{member.Id.Name} does not serve the exchange over gRPC, by which ranks hear of each other's aborts over NCCL",
        _ => null,
    };

    // Its first GPU that is free, or can be freed because whoever has it may use another one.
    private static bool Seat(IReadOnlyList<Member> members, int rank, Dictionary<string, int> taken, HashSet<string> asked)
    {
        var devices = members[rank].Hello.Nccl.Devices;
        var found = devices.FirstOrDefault(device => !taken.ContainsKey(device))
            ?? devices.FirstOrDefault(device => asked.Add(device) && Seat(members, taken[device], taken, asked));
        if (found is not null) taken[found] = rank;
        return found is not null;
    }
}
